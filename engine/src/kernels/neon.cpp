// The NEON kernels, which every 64-bit ARM processor runs. Four registers make 16 floats.
#include "kernels/arithmetic.h"
#include "kernels/sets.h"
#include "kernels/weights.h"

#include <arm_neon.h>

namespace whisperwave {
namespace {

constexpr std::size_t kQuarters = 4;
constexpr std::size_t kQuarter = kLanes / kQuarters;  // floats in a register

struct Lanes {
  float32x4_t quarter[kQuarters];

  Lanes() noexcept = default;
  explicit Lanes(float v) noexcept {
    for (float32x4_t& each : quarter) each = vdupq_n_f32(v);
  }
  template <class Make>
  static Lanes of(Make make) noexcept {
    Lanes made;
    WHISPERWAVE_UNROLL
    for (std::size_t i = 0; i < kQuarters; ++i) made.quarter[i] = make(i);
    return made;
  }
  static Lanes load(const float* p) noexcept {
    return of([=](std::size_t i) { return vld1q_f32(p + i * kQuarter); });
  }
  static Lanes load_unaligned(const float* p) noexcept { return load(p); }
  static Lanes load_some(const float* p, std::size_t count, float otherwise) noexcept {
    alignas(16) float some[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) some[i] = i < count ? p[i] : otherwise;
    return load(some);
  }
  static Lanes low_halves(const std::uint32_t* p) noexcept {
    return of([=](std::size_t i) {
      return vreinterpretq_f32_u32(vshlq_n_u32(vld1q_u32(p + i * kQuarter), 16));
    });
  }
  static Lanes high_halves(const std::uint32_t* p) noexcept {
    const uint32x4_t upper = vdupq_n_u32(0xFFFF0000U);
    return of([=](std::size_t i) {
      return vreinterpretq_f32_u32(vandq_u32(vld1q_u32(p + i * kQuarter), upper));
    });
  }
  static Lanes low_half(std::uint32_t pair) noexcept {
    const uint32x4_t low = vshlq_n_u32(vdupq_n_u32(pair), 16);
    return of([=](std::size_t) { return vreinterpretq_f32_u32(low); });
  }
  static Lanes high_half(std::uint32_t pair) noexcept {
    const uint32x4_t high = vandq_u32(vdupq_n_u32(pair), vdupq_n_u32(0xFFFF0000U));
    return of([=](std::size_t) { return vreinterpretq_f32_u32(high); });
  }
  static void fetch(const void* cell) noexcept {
    constexpr std::size_t kAhead = 1024;  // bytes; sets.h says why
    __builtin_prefetch(static_cast<const char*>(cell) + kAhead);
  }
  static void fetch_far(const void* cell) noexcept {
    __builtin_prefetch(cell, 0, 2);  // to read, into the second-level cache
  }

  void store(float* p) const noexcept {
    WHISPERWAVE_UNROLL
    for (std::size_t i = 0; i < kQuarters; ++i) vst1q_f32(p + i * kQuarter, quarter[i]);
  }
  void store_truncated(std::uint32_t* p, std::size_t count) const noexcept {
    alignas(16) std::uint32_t all[kLanes];
    for (std::size_t i = 0; i < kQuarters; ++i) {
      vst1q_u32(all + i * kQuarter, vcvtq_u32_f32(quarter[i]));
    }
    for (std::size_t i = 0; i < count; ++i) p[i] = all[i];
  }
  void store_bytes(std::uint8_t* p, int offset) const noexcept {
    vst1q_u8(p, vcombine_u8(vmovn_u16(eight(0, offset)), vmovn_u16(eight(2, offset))));
  }
  void store_bfloat16(Bfloat16* p) const noexcept {
    WHISPERWAVE_UNROLL
    for (std::size_t i = 0; i < kQuarters; ++i) {
      const uint32x4_t bits = vreinterpretq_u32_f32(quarter[i]);
      const uint32x4_t tie = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
      const uint32x4_t up = vaddq_u32(bits, vaddq_u32(tie, vdupq_n_u32(0x7FFF)));
      vst1_u16(p + i * kQuarter, vshrn_n_u32(up, 16));
    }
  }
  Lanes positive() const noexcept {
    return of([this](std::size_t i) {
      const uint32x4_t above = vcgtzq_f32(quarter[i]);  // false for NaN
      return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(quarter[i]), above));
    });
  }
  float largest() const noexcept {
    return vmaxvq_f32(vmaxq_f32(vmaxq_f32(quarter[0], quarter[1]),
                                vmaxq_f32(quarter[2], quarter[3])));
  }
  std::size_t first_equal(float v) const noexcept {
    alignas(16) std::uint32_t equal[kLanes];
    for (std::size_t i = 0; i < kQuarters; ++i) {
      vst1q_u32(equal + i * kQuarter, vceqq_f32(quarter[i], vdupq_n_f32(v)));
    }
    std::size_t i = 0;
    while (i < kLanes && equal[i] == 0) ++i;
    return i;
  }

 private:
  // Two quarters as whole numbers, rounded to even.
  uint16x8_t eight(std::size_t first, int offset) const noexcept {
    const int32x4_t more = vdupq_n_s32(offset);
    const int32x4_t low = vaddq_s32(vcvtnq_s32_f32(quarter[first]), more);
    const int32x4_t high = vaddq_s32(vcvtnq_s32_f32(quarter[first + 1]), more);
    return vreinterpretq_u16_s16(vcombine_s16(vmovn_s32(low), vmovn_s32(high)));
  }
};

inline Lanes operator+(const Lanes& a, const Lanes& b) noexcept {
  return Lanes::of([&](std::size_t i) { return vaddq_f32(a.quarter[i], b.quarter[i]); });
}
inline Lanes operator-(const Lanes& a, const Lanes& b) noexcept {
  return Lanes::of([&](std::size_t i) { return vsubq_f32(a.quarter[i], b.quarter[i]); });
}
inline Lanes operator*(const Lanes& a, const Lanes& b) noexcept {
  return Lanes::of([&](std::size_t i) { return vmulq_f32(a.quarter[i], b.quarter[i]); });
}
inline Lanes operator/(const Lanes& a, const Lanes& b) noexcept {
  return Lanes::of([&](std::size_t i) { return vdivq_f32(a.quarter[i], b.quarter[i]); });
}
inline Lanes fma(const Lanes& a, const Lanes& b, const Lanes& c) noexcept {
  return Lanes::of(
      [&](std::size_t i) { return vfmaq_f32(c.quarter[i], a.quarter[i], b.quarter[i]); });
}

// The processor's own maximum and minimum keep a NaN; these do what the other sets do.
inline float32x4_t larger(float32x4_t a, float32x4_t b) noexcept {
  return vbslq_f32(vcgtq_f32(a, b), a, b);
}
inline float32x4_t smaller(float32x4_t a, float32x4_t b) noexcept {
  return vbslq_f32(vcltq_f32(a, b), a, b);
}
inline Lanes larger(const Lanes& a, const Lanes& b) noexcept {
  return Lanes::of([&](std::size_t i) { return larger(a.quarter[i], b.quarter[i]); });
}
inline Lanes clamp(const Lanes& x, float low, float high) noexcept {
  const float32x4_t least = vdupq_n_f32(low);
  const float32x4_t most = vdupq_n_f32(high);
  return Lanes::of(
      [&](std::size_t i) { return smaller(larger(x.quarter[i], least), most); });
}
inline Lanes power_of_two(const Lanes& t) noexcept {
  return Lanes::of([&](std::size_t i) {
    const uint32x4_t shifted = vshlq_n_u32(vreinterpretq_u32_f32(t.quarter[i]), 23);
    return vreinterpretq_f32_u32(vaddq_u32(shifted, vdupq_n_u32(0x3F800000U)));
  });
}

struct Cell {
  const std::int8_t* weights;
  explicit Cell(const std::int8_t* cell) noexcept : weights(cell) {}
  static void fetch(const std::int8_t* cell) noexcept {
    Lanes::fetch(cell);
    Lanes::fetch(cell + 64);
  }
};

// Two partial sums side by side for each of two outputs. A product of bytes, at most 127 times 255,
// fits 16 bits; neighbours are added in 32.
struct Integers {
  int32x4_t sums[8];
  const std::int32_t* offsets;

  void begin(const std::int32_t* start) noexcept {
    for (int32x4_t& sum : sums) sum = vdupq_n_s32(0);
    offsets = start;
  }
  void add(const Cell& cell, const std::uint8_t* x) noexcept {
    WHISPERWAVE_UNROLL
    for (std::size_t half = 0; half < 2; ++half) {
      const int16x8_t inputs = four(x + 4 * half);
      WHISPERWAVE_UNROLL
      for (std::size_t i = 0; i < 8; i += 2) {
        const int8x16_t weights = vld1q_s8(cell.weights + half * 64 + i * 8);
        const int16x8_t low = vmulq_s16(vmovl_s8(vget_low_s8(weights)), inputs);
        const int16x8_t high = vmulq_s16(vmovl_high_s8(weights), inputs);
        sums[i] = vpadalq_s16(sums[i], low);
        sums[i + 1] = vpadalq_s16(sums[i + 1], high);
      }
    }
  }
  Lanes total() const noexcept {
    return Lanes::of([this](std::size_t i) {
      const int32x4_t sum = vpaddq_s32(sums[2 * i], sums[2 * i + 1]);
      return vcvtq_f32_s32(vaddq_s32(sum, vld1q_s32(offsets + i * kQuarter)));
    });
  }

 private:
  static int16x8_t four(const std::uint8_t* x) noexcept {
    std::uint32_t together;
    __builtin_memcpy(&together, x, sizeof together);
    return vreinterpretq_s16_u16(vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(together))));
  }
};

// 32 registers: a vector's sums take eight of them, in the float sets and in int8.
struct Neon {
  using Lanes = whisperwave::Lanes;
  using Float32 = Float32Weights<Lanes>;
  using Bfloat16 = Bfloat16Weights<Lanes>;
  using Int8 = Int8Weights<Lanes, Cell, Integers>;
  static constexpr std::size_t kFrames = 2;
  // The sums of fixed layers need more registers than there are, and nobody has measured what they
  // would give on such a processor.
  static constexpr bool kFixedSizes = false;
  static constexpr std::size_t vectors(std::size_t frames) noexcept { return frames == 1 ? 2 : 1; }
};

}  // namespace

const Kernels kNeonKernels = table<Neon>();

}  // namespace whisperwave
