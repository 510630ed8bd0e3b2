// Whether threads help here and now: measured, not assumed.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace whisperwave {

// Work comes in blocks of like size. Most are done in the way that was faster lately; now and then
// one is done the other way, less and less often while that stays the slower one. So on a busy
// machine, where who waits for another thread waits for the scheduler, several threads cost little
// more than the few blocks that try them.
class Pace {
 public:
  // The way of the next block.
  bool alone() noexcept {
    trying_ = ++blocks_ >= interval_;
    return trying_ != alone_;
  }

  // How long it took, in seconds.
  void took(double seconds) noexcept {
    double& known = trying_ != alone_ ? alone_seconds_ : together_seconds_;
    known = known == 0.0 ? seconds : known + kNews * (seconds - known);
    if (!trying_) return;
    blocks_ = 0;
    const bool alone_is_faster = alone_seconds_ < together_seconds_;
    interval_ = alone_is_faster == alone_ ? std::min(2 * interval_, kRarest) : kOften;
    alone_ = alone_is_faster;
  }

 private:
  static constexpr std::size_t kOften = 8;      // blocks from one trial to the next
  static constexpr std::size_t kRarest = 1024;
  static constexpr double kNews = 0.3;          // what the newest time counts for

  bool alone_ = false;
  bool trying_ = false;
  std::size_t blocks_ = 0;
  std::size_t interval_ = kOften;
  double alone_seconds_ = 0.0;
  double together_seconds_ = 0.0;
};

}  // namespace whisperwave
