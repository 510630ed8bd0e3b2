// The AVX2 kernels, with fused multiply-add. This file alone is compiled for them.
#include "kernels/arithmetic.h"
#include "kernels/sets.h"
#include "kernels/weights.h"

#include <immintrin.h>

namespace whisperwave {
namespace {

struct Lanes {
  __m256 low;
  __m256 high;

  Lanes() noexcept = default;
  explicit Lanes(float v) noexcept : low(_mm256_set1_ps(v)), high(low) {}
  Lanes(__m256 l, __m256 h) noexcept : low(l), high(h) {}
  Lanes(__m256i l, __m256i h) noexcept : low(_mm256_castsi256_ps(l)), high(_mm256_castsi256_ps(h)) {}

  static Lanes load(const float* p) noexcept { return {_mm256_load_ps(p), _mm256_load_ps(p + 8)}; }
  static Lanes load_unaligned(const float* p) noexcept {
    return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)};
  }
  static Lanes load_some(const float* p, std::size_t count, float otherwise) noexcept {
    alignas(32) float some[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) some[i] = i < count ? p[i] : otherwise;
    return load(some);
  }
  static Lanes low_halves(const std::uint32_t* p) noexcept {
    return {low_half(integers(p)), low_half(integers(p + 8))};
  }
  static Lanes high_halves(const std::uint32_t* p) noexcept {
    return {high_half(integers(p)), high_half(integers(p + 8))};
  }
  static Lanes low_half(std::uint32_t pair) noexcept {
    const __m256i all = low_half(_mm256_set1_epi32(static_cast<int>(pair)));
    return {all, all};
  }
  static Lanes high_half(std::uint32_t pair) noexcept {
    const __m256i all = high_half(_mm256_set1_epi32(static_cast<int>(pair)));
    return {all, all};
  }
  static void fetch(const void* cell) noexcept {
    constexpr std::size_t kAhead = 1024;  // bytes; sets.h says why
    _mm_prefetch(static_cast<const char*>(cell) + kAhead, _MM_HINT_T0);
  }

  static void fetch_far(const void* cell) noexcept {
    _mm_prefetch(static_cast<const char*>(cell), _MM_HINT_T1);
  }

  void store(float* p) const noexcept {
    _mm256_store_ps(p, low);
    _mm256_store_ps(p + 8, high);
  }
  void store_truncated(std::uint32_t* p, std::size_t count) const noexcept {
    alignas(32) std::uint32_t all[kLanes];
    _mm256_store_si256(reinterpret_cast<__m256i*>(all), _mm256_cvttps_epi32(low));
    _mm256_store_si256(reinterpret_cast<__m256i*>(all + 8), _mm256_cvttps_epi32(high));
    for (std::size_t i = 0; i < count; ++i) p[i] = all[i];
  }
  void store_bytes(std::uint8_t* p, int offset) const noexcept {
    const __m256i more = _mm256_set1_epi32(offset);
    const __m256i l = _mm256_add_epi32(_mm256_cvtps_epi32(low), more);
    const __m256i h = _mm256_add_epi32(_mm256_cvtps_epi32(high), more);
    // Packing interleaves halves of registers, which the permutation puts back in order.
    const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(l, h), 0xD8);
    const __m128i bytes =
        _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    _mm_store_si128(reinterpret_cast<__m128i*>(p), bytes);
  }
  void store_bfloat16(Bfloat16* p) const noexcept {
    // Packing interleaves halves of registers, as above.
    const __m256i packed = _mm256_packus_epi32(upper_half(low), upper_half(high));
    _mm256_store_si256(reinterpret_cast<__m256i*>(p), _mm256_permute4x64_epi64(packed, 0xD8));
  }
  Lanes positive() const noexcept {
    const __m256 zero = _mm256_setzero_ps();
    return {_mm256_max_ps(low, zero), _mm256_max_ps(high, zero)};
  }
  float largest() const noexcept {
    alignas(32) float all[8];
    _mm256_store_ps(all, _mm256_max_ps(low, high));
    float most = all[0];
    for (const float each : all) most = each > most ? each : most;
    return most;
  }
  std::size_t first_equal(float v) const noexcept {
    const __m256 wanted = _mm256_set1_ps(v);
    const int l = _mm256_movemask_ps(_mm256_cmp_ps(low, wanted, _CMP_EQ_OQ));
    const int h = _mm256_movemask_ps(_mm256_cmp_ps(high, wanted, _CMP_EQ_OQ));
    const unsigned equal = static_cast<unsigned>(l) | static_cast<unsigned>(h) << 8U;
    return equal == 0 ? kLanes : static_cast<std::size_t>(__builtin_ctz(equal));
  }

 private:
  static __m256i integers(const std::uint32_t* p) noexcept {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(p));
  }
  static __m256i low_half(__m256i pairs) noexcept { return _mm256_slli_epi32(pairs, 16); }
  static __m256i high_half(__m256i pairs) noexcept {
    return _mm256_and_si256(pairs, _mm256_set1_epi32(static_cast<int>(0xFFFF0000U)));
  }
  static __m256i upper_half(__m256 x) noexcept {
    const __m256i bits = _mm256_castps_si256(x);
    const __m256i tie = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i up = _mm256_add_epi32(bits, _mm256_add_epi32(tie, _mm256_set1_epi32(0x7FFF)));
    return _mm256_srli_epi32(up, 16);
  }
};

Lanes operator+(Lanes a, Lanes b) noexcept {
  return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
}
Lanes operator-(Lanes a, Lanes b) noexcept {
  return {_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)};
}
Lanes operator*(Lanes a, Lanes b) noexcept {
  return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)};
}
Lanes operator/(Lanes a, Lanes b) noexcept {
  return {_mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high)};
}
Lanes fma(Lanes a, Lanes b, Lanes c) noexcept {
  return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}
Lanes larger(Lanes a, Lanes b) noexcept {
  return {_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)};
}
Lanes clamp(Lanes x, float low, float high) noexcept {
  // max gives its second operand if either is NaN
  const __m256 least = _mm256_set1_ps(low);
  const __m256 most = _mm256_set1_ps(high);
  return {_mm256_min_ps(_mm256_max_ps(x.low, least), most),
          _mm256_min_ps(_mm256_max_ps(x.high, least), most)};
}
__m256i power_of_two(__m256 t) noexcept {
  return _mm256_add_epi32(_mm256_slli_epi32(_mm256_castps_si256(t), 23),
                          _mm256_set1_epi32(0x3F800000));
}
Lanes power_of_two(Lanes t) noexcept { return {power_of_two(t.low), power_of_two(t.high)}; }

// Bytes become 16-bit numbers before they are multiplied: `vpmaddubsw` would add pairs of byte
// products in 16 bits, where they can overflow.
struct Cell {
  const std::int8_t* weights;
  explicit Cell(const std::int8_t* cell) noexcept : weights(cell) {}
  __m256i wide(std::size_t four, std::size_t half) const noexcept {  // outputs, inputs
    const auto* bytes = reinterpret_cast<const __m128i*>(weights + half * 64 + four * 16);
    return _mm256_cvtepi8_epi16(_mm_load_si128(bytes));
  }
};

// Two partial sums side by side for each of four outputs.
struct Integers {
  __m256i sums[4];
  const std::int32_t* offsets;

  void begin(const std::int32_t* start) noexcept {
    for (__m256i& sum : sums) sum = _mm256_setzero_si256();
    offsets = start;
  }
  void add(const Cell& weights, const std::uint8_t* x) noexcept {
    for (std::size_t half = 0; half < 2; ++half) {
      const __m256i inputs = four(x + 4 * half);
      for (std::size_t i = 0; i < 4; ++i) {
        sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(weights.wide(i, half), inputs));
      }
    }
  }
  Lanes total() const noexcept {
    return {eight(sums[0], sums[1], offsets), eight(sums[2], sums[3], offsets + 8)};
  }

 private:
  static __m256i four(const std::uint8_t* x) noexcept {
    int together;
    __builtin_memcpy(&together, x, sizeof together);
    return _mm256_broadcastq_epi64(_mm_cvtepu8_epi16(_mm_cvtsi32_si128(together)));
  }
  static __m256 eight(__m256i a, __m256i b, const std::int32_t* more) noexcept {
    const __m256i added = _mm256_permute4x64_epi64(_mm256_hadd_epi32(a, b), 0xD8);
    const __m256i start = _mm256_load_si256(reinterpret_cast<const __m256i*>(more));
    return _mm256_cvtepi32_ps(_mm256_add_epi32(added, start));
  }
};

// 16 registers: a vector's two chains take four of them in the float sets, and as many in int8.
struct Avx2 {
  using Lanes = whisperwave::Lanes;
  using Float32 = Float32Weights<Lanes>;
  using Bfloat16 = Bfloat16Weights<Lanes>;
  using Int8 = Int8Weights<Lanes, Cell, Integers>;
  static constexpr std::size_t kFrames = 2;
  static constexpr bool kFixedSizes = true;
  static constexpr std::size_t vectors(std::size_t frames) noexcept { return frames == 1 ? 2 : 1; }
};

}  // namespace

const Kernels kAvx2Kernels = table<Avx2>();

}  // namespace whisperwave
