// How this thread counts while the engine works, whatever its caller had set: to the nearest, to even
// on ties, without traps, and numbers too small to be normal are zero (they cost a hundred times more
// on common processors and cannot be heard). When the guard is gone the caller's mode is back. Each
// thread has a mode of its own.
#pragma once

#include <cstdint>

#if defined(__SSE2__) || defined(_M_X64)
#include <xmmintrin.h>
#endif

namespace whisperwave {

class OwnFloatMode {
 public:
  OwnFloatMode() noexcept : saved_(mode()) { set_mode(kOwn); }
  ~OwnFloatMode() { set_mode(saved_); }
  OwnFloatMode(const OwnFloatMode&) = delete;
  OwnFloatMode& operator=(const OwnFloatMode&) = delete;

 private:
#if defined(__SSE2__) || defined(_M_X64)
  using Mode = std::uint32_t;
  static constexpr Mode kOwn = 0x9FC0;  // all masks; FTZ for results, DAZ for operands
  static Mode mode() noexcept { return _mm_getcsr(); }
  static void set_mode(Mode mode) noexcept { _mm_setcsr(mode); }
#elif defined(__aarch64__) && defined(__GNUC__)
  using Mode = std::uint64_t;
  static constexpr Mode kOwn = std::uint64_t{1} << 24U;  // FPCR.FZ, for both
  static Mode mode() noexcept {
    Mode mode = 0;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
  }
  static void set_mode(Mode mode) noexcept { __asm__ volatile("msr fpcr, %0" : : "r"(mode)); }
#else
  using Mode = std::uint32_t;  // an unknown processor keeps its own mode: right, perhaps slow
  static constexpr Mode kOwn = 0;
  static Mode mode() noexcept { return 0; }
  static void set_mode(Mode) noexcept {}
#endif
  Mode saved_;
};

}  // namespace whisperwave
