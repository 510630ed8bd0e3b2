#include "concurrency/team.h"

#include <bit>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include "float_mode.h"
#include "whisperwave/refusal.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif
#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

namespace whisperwave {
namespace {

constexpr int kSpins = 4096;  // looks before sleeping: tens of microseconds

void pause() noexcept {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__) && defined(__GNUC__)
  __asm__ volatile("yield");
#endif
}

// How often this process's line was forked since the engine began to watch; the parent counts none.
std::atomic<std::uint32_t> forks{0};

void watch_forks() {
#if defined(__unix__) || defined(__APPLE__)
  static const bool watched = [] {
    if (pthread_atfork(nullptr, nullptr, [] { ++forks; }) != 0) throw std::bad_alloc();
    return true;
  }();
  static_cast<void>(watched);
#endif
}

std::size_t checked(std::size_t threads) {
  if (threads < 1 || threads > Team::kMostThreads) {
    throw Refusal("BAD_THREADS", std::to_string(threads) + " threads were asked for.",
                  "Use 1 to " + std::to_string(Team::kMostThreads) + ".");
  }
  return threads;
}

}  // namespace

Team::Team(std::size_t threads)
    : threads_(checked(threads)), helpers_(std::make_unique<std::vector<std::thread>>()) {
  begin();
}

// In a forked child the helpers' handles are those of threads that never were: to join them would
// be to wait for ever, so they are left behind.
Team::~Team() {
  if (forked()) static_cast<void>(helpers_.release());
  if (helpers_) close();
}

void Team::gather() {
  if (!forked()) return;
  auto fresh = std::make_unique<std::vector<std::thread>>();
  static_cast<void>(helpers_.release());
  helpers_ = std::move(fresh);
  claims_ = 0;
  done_ = 0;
  round_ = 0;
  closing_ = false;
  begin();
}

bool Team::forked() const noexcept { return threads_ > 1 && born_ != forks; }

void Team::begin() {
  if (threads_ == 1) return;
  watch_forks();
  helpers_->reserve(threads_ - 1);
  try {
    while (helpers_->size() + 1 < threads_) helpers_->emplace_back([this] { help(); });
  } catch (const std::system_error&) {
    const std::string given = std::to_string(helpers_->size() + 1);
    close();
    throw Refusal("NO_THREADS", "the system gives " + given + " of " + std::to_string(threads_) +
                                    " threads.",
                  "Ask for fewer.");
  } catch (...) {
    close();
    throw;
  }
  born_ = forks;
}

void Team::close() noexcept {
  closing_.store(true, std::memory_order_release);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& helper : *helpers_) helper.join();
  helpers_->clear();
}

// The caller claims from the front and helpers from the back: each mostly gets the pieces that it
// got the last time, whose weights its own cache may still hold.
void Team::publish(std::size_t pieces) noexcept {
  done_.store(0, std::memory_order_relaxed);
  const std::uint32_t round = round_.load(std::memory_order_relaxed) + 1;
  const auto all = static_cast<std::uint32_t>((std::uint64_t{1} << pieces) - 1);
  claims_.store(std::uint64_t{round} << 32U | all, std::memory_order_release);
  round_.store(round, std::memory_order_release);
  round_.notify_all();
  while (work_on(Side::front)) {
  }
  wait_for(static_cast<std::uint32_t>(pieces));
}

bool Team::work_on(Side side) noexcept {
  std::uint64_t claims = claims_.load(std::memory_order_acquire);
  while (true) {
    const auto left = static_cast<std::uint32_t>(claims);
    if (left == 0) return false;
    const auto piece = static_cast<std::size_t>(side == Side::front ? std::countr_zero(left)
                                                                    : 31 - std::countl_zero(left));
    if (claims_.compare_exchange_weak(claims, claims & ~(std::uint64_t{1} << piece),
                                      std::memory_order_acq_rel, std::memory_order_acquire)) {
      work_(context_, piece);
      done_.fetch_add(1, std::memory_order_release);
      done_.notify_one();
      return true;
    }
  }
}

void Team::wait_for(std::uint32_t pieces) noexcept {
  for (int spin = 0; spin < kSpins; ++spin) {
    if (done_.load(std::memory_order_acquire) == pieces) return;
    pause();
  }
  std::uint32_t done = done_.load(std::memory_order_acquire);
  while (done != pieces) {
    done_.wait(done, std::memory_order_acquire);
    done = done_.load(std::memory_order_acquire);
  }
}

void Team::help() noexcept {
  const OwnFloatMode guard;
  std::uint32_t seen = 0;
  while (!closing_.load(std::memory_order_acquire)) {
    while (work_on(Side::back)) {
    }
    int spins = 0;
    while (round_.load(std::memory_order_acquire) == seen && spins++ < kSpins) pause();
    // Even a wait that finds news counts itself among the sleepers first, and who publishes then
    // wakes it by a call of the system.
    if (spins > kSpins) round_.wait(seen, std::memory_order_acquire);
    seen = round_.load(std::memory_order_acquire);
  }
}

}  // namespace whisperwave
