// The AVX-512 kernels for processors that multiply and add four bytes at once (VNNI). This file
// alone is compiled for them.
#include "kernels/arithmetic.h"
#include "kernels/sets.h"
#include "kernels/weights.h"

#include <immintrin.h>

namespace whisperwave {
namespace {

#include "kernels/avx512_lanes.h"
#include "kernels/avx512vnni_bytes.h"

struct Avx512Vnni {
  using Lanes = whisperwave::Lanes;
  using Float32 = Float32Weights<Lanes>;
  using Bfloat16 = Bfloat16Weights<Lanes>;
  using Int8 = Int8Weights<Lanes, Cell, Integers>;
  static constexpr std::size_t kFrames = kTileFrames;
  static constexpr bool kFixedSizes = true;
  static constexpr std::size_t vectors(std::size_t frames) noexcept { return tile_vectors(frames); }
};

}  // namespace

const Kernels kAvx512VnniKernels = table<Avx512Vnni>();

}  // namespace whisperwave
