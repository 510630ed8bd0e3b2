// Whether threads help here and now: measured, not assumed.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace whisperwave {

// Work comes in blocks of like size. Most are done in the way that was faster lately; now and then a
// few are done the other way, less and less often while that stays the slower one. The first of them
// is not counted, for threads that slept must wake and caches fill. So on a busy machine, where who
// waits for another thread waits for the scheduler, several threads cost little more than the few
// blocks that try them.
class Pace {
 public:
  // The way of the next block.
  bool alone() noexcept {
    ++blocks_;
    return is_trial() != alone_;
  }

  // How long it took, in seconds.
  void took(double seconds) noexcept {
    if (blocks_ == interval_) return;
    double& known = is_trial() != alone_ ? alone_seconds_ : together_seconds_;
    known = known == 0.0 ? seconds : known + kNews * (seconds - known);
    if (blocks_ == interval_ + kTrial) settle();
  }

 private:
  static constexpr std::size_t kOften = 8;  // blocks from one trial to the next
  static constexpr std::size_t kRarest = 1024;
  static constexpr std::size_t kTrial = 3;    // blocks that a trial counts
  static constexpr double kNews = 0.3;        // what the newest time counts for

  bool is_trial() const noexcept { return blocks_ >= interval_; }

  // The faster way from here on; the other again after a while.
  void settle() noexcept {
    blocks_ = 0;
    const bool alone_is_faster = alone_seconds_ < together_seconds_;
    interval_ = alone_is_faster == alone_ ? std::min(2 * interval_, kRarest) : kOften;
    alone_ = alone_is_faster;
  }

  bool alone_ = false;
  std::size_t blocks_ = 0;
  std::size_t interval_ = kOften;
  double alone_seconds_ = 0.0;
  double together_seconds_ = 0.0;
};

}  // namespace whisperwave
