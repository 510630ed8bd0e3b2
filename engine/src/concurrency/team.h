// A few threads that share short pieces of work, thousands of times a second.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace whisperwave {

// The caller of `share` is the first member; the others wait for it, awake for a moment, then
// asleep. Pieces are claimed one by one, so that a member whom the system has put to sleep delays
// the others by at most the piece that it holds. Even that costs a turn of the scheduler, so the
// caller may work alone when that is faster (pace.h).
class Team {
 public:
  static constexpr std::size_t kMostThreads = 64;
  static constexpr std::size_t kMostPieces = 32;

  // Throws Refusal on a number out of range, or if the system gives no more threads;
  // std::bad_alloc.
  explicit Team(std::size_t threads);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  std::size_t threads() const noexcept { return threads_; }

  // To be called before work is shared: a process forked since the last call has no helpers, and
  // begins others. Throws as the constructor; else it does nothing that takes time.
  void gather();

  // Whether the caller does all pieces itself.
  void work_alone(bool alone) noexcept { alone_ = alone; }

  // Who does the pieces now: work that one does in one piece reads its weights once.
  std::size_t workers() const noexcept { return alone_ ? 1 : threads(); }

  // work(piece) once for each piece up to `pieces`, at most kMostPieces; back when all are done.
  template <class Work>
  void share(std::size_t pieces, Work&& work) noexcept {
    if (workers() == 1 || pieces < 2) {
      for (std::size_t piece = 0; piece < pieces; ++piece) work(piece);
      return;
    }
    work_ = [](const void* context, std::size_t piece) noexcept {
      (*static_cast<const Work*>(context))(piece);
    };
    context_ = &work;
    publish(pieces);
  }

 private:
  enum class Side { front, back };

  void publish(std::size_t pieces) noexcept;
  void wait_for(std::uint32_t pieces) noexcept;
  bool work_on(Side side) noexcept;  // one piece; false if none is left
  void help() noexcept;
  void begin();
  void close() noexcept;
  bool forked() const noexcept;

  std::size_t threads_;
  std::uint32_t born_ = 0;  // how often this process's line had been forked when helpers began
  std::unique_ptr<std::vector<std::thread>> helpers_;
  void (*work_)(const void*, std::size_t) noexcept = nullptr;
  const void* context_ = nullptr;

  // The number of the round in the high half, its unclaimed pieces as bits in the low half: who
  // claims a piece of an old round fails.
  alignas(64) std::atomic<std::uint64_t> claims_{0};
  alignas(64) std::atomic<std::uint32_t> done_{0};
  alignas(64) std::atomic<std::uint32_t> round_{0};
  std::atomic<bool> closing_{false};

  bool alone_ = false;
};

}  // namespace whisperwave
