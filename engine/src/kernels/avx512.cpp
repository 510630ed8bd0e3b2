// The AVX-512 kernels for processors without VNNI. This file alone is compiled for them.
#include "kernels/arithmetic.h"
#include "kernels/sets.h"
#include "kernels/weights.h"

#include <immintrin.h>

namespace whisperwave {
namespace {

#include "kernels/avx512_lanes.h"

// Bytes become 16-bit numbers before they are multiplied: pairs of byte products could overflow
// the 16 bits in which older instructions add them.
struct Cell {
  const std::int8_t* weights;
  explicit Cell(const std::int8_t* cell) noexcept : weights(cell) {}
  __m512i wide(std::size_t eight, std::size_t half) const noexcept {  // outputs, inputs
    const auto* bytes = reinterpret_cast<const __m256i*>(weights + half * 64 + eight * 32);
    return _mm512_cvtepi8_epi16(_mm256_load_si256(bytes));
  }
};

// Two partial sums side by side for each of eight outputs.
struct Integers {
  __m512i low;
  __m512i high;
  const std::int32_t* offsets;

  void begin(const std::int32_t* start) noexcept {
    low = high = _mm512_setzero_si512();
    offsets = start;
  }
  void add(const Cell& weights, const std::uint8_t* x) noexcept {
    for (std::size_t half = 0; half < 2; ++half) {
      const __m512i inputs = four(x + 4 * half);
      low = _mm512_add_epi32(low, _mm512_madd_epi16(weights.wide(0, half), inputs));
      high = _mm512_add_epi32(high, _mm512_madd_epi16(weights.wide(1, half), inputs));
    }
  }
  Lanes total() const noexcept {
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
    const __m512i sum = _mm512_add_epi32(_mm512_permutex2var_epi32(low, even, high),
                                         _mm512_permutex2var_epi32(low, odd, high));
    return Lanes(_mm512_cvtepi32_ps(_mm512_add_epi32(sum, _mm512_load_si512(offsets))));
  }

 private:
  static __m512i four(const std::uint8_t* x) noexcept {
    int together;
    __builtin_memcpy(&together, x, sizeof together);
    return _mm512_broadcastq_epi64(_mm_cvtepu8_epi16(_mm_cvtsi32_si128(together)));
  }
};

struct Avx512 {
  using Lanes = whisperwave::Lanes;
  using Float32 = Float32Weights<Lanes>;
  using Bfloat16 = Bfloat16Weights<Lanes>;
  using Int8 = Int8Weights<Lanes, Cell, Integers>;
  static constexpr std::size_t kFrames = kTileFrames;
  static constexpr bool kFixedSizes = true;
  static constexpr std::size_t vectors(std::size_t frames) noexcept { return tile_vectors(frames); }
};

}  // namespace

const Kernels kAvx512Kernels = table<Avx512>();

}  // namespace whisperwave
