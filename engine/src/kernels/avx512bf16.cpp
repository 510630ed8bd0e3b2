// The AVX-512 kernels for processors that multiply and add pairs of bfloat16 as well as four bytes.
// This file alone is compiled for them.
#include "kernels/arithmetic.h"
#include "kernels/sets.h"
#include "kernels/weights.h"

#include <immintrin.h>

namespace whisperwave {
namespace {

#include "kernels/avx512_lanes.h"
#include "kernels/avx512vnni_bytes.h"

struct PairsCell {
  __m512i pairs;
  explicit PairsCell(const std::uint32_t* cell) noexcept : pairs(_mm512_load_si512(cell)) {}
};

// The instruction adds the odd product, then the even one, each fused and rounded to the nearest, with
// denormals as 0: what all sets do (kernels.h).
struct HardwarePairSums : Chains<Lanes> {
  void add(const PairsCell& weights, const Bfloat16* x, std::size_t turn) noexcept {
    int together;
    __builtin_memcpy(&together, x, sizeof together);
    multiply_add(chain[turn].value, _mm512_set1_epi32(together), weights.pairs);
  }

 private:
  // Written out, as for bytes.
  static void multiply_add(__m512& sum, __m512i x, const __m512i& weights) noexcept {
    __asm__("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(x), "vm"(weights));
  }
};

struct Avx512Bf16 {
  using Lanes = whisperwave::Lanes;
  using Float32 = Float32Weights<Lanes>;
  using Bfloat16 = Bfloat16Weights<Lanes, PairsCell, HardwarePairSums>;
  using Int8 = Int8Weights<Lanes, Cell, Integers>;
  static constexpr std::size_t kFrames = kTileFrames;
  static constexpr bool kFixedSizes = true;
  static constexpr std::size_t vectors(std::size_t frames) noexcept { return tile_vectors(frames); }
};

}  // namespace

const Kernels kAvx512Bf16Kernels = table<Avx512Bf16>();

}  // namespace whisperwave
