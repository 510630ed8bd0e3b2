// Numbers too small to be normal cost a hundred times more on common processors and cannot be
// heard. While this guard lives they count as zero; then the caller's mode is back.
#pragma once

#include <cstdint>

#if defined(__SSE2__) || defined(_M_X64)
#include <xmmintrin.h>
#endif

namespace whisperwave {

class FlushDenormals {
 public:
  FlushDenormals() noexcept : saved_(mode()) { set_mode(saved_ | kFlush); }
  ~FlushDenormals() { set_mode(saved_); }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
#if defined(__SSE2__) || defined(_M_X64)
  using Mode = std::uint32_t;
  static constexpr Mode kFlush = 0x8040;  // FTZ for results, DAZ for operands
  static Mode mode() noexcept { return _mm_getcsr(); }
  static void set_mode(Mode mode) noexcept { _mm_setcsr(mode); }
#elif defined(__aarch64__) && defined(__GNUC__)
  using Mode = std::uint64_t;
  static constexpr Mode kFlush = std::uint64_t{1} << 24U;  // FPCR.FZ, both
  static Mode mode() noexcept {
    Mode mode = 0;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
  }
  static void set_mode(Mode mode) noexcept { __asm__ volatile("msr fpcr, %0" : : "r"(mode)); }
#else
  using Mode = std::uint32_t;  // an unknown processor keeps its own mode: right, perhaps slow
  static constexpr Mode kFlush = 0;
  static Mode mode() noexcept { return 0; }
  static void set_mode(Mode) noexcept {}
#endif
  Mode saved_;
};

}  // namespace whisperwave
