// Each instruction set's table of kernels; a build holds those that its compiler and target allow.
#pragma once

#include <cstddef>

#include "kernels/kernels.h"

namespace whisperwave {

// How many bytes ahead of their use the AVX-512 sets fetch a lone frame's weights, on this processor.
// Weights are read once, in order, across the borders of matrices. Where they come from the third-level
// cache, a server core of Intel's gains 3 to 12 % by fetching 0.5 to 8 kB ahead; AMD's Zen 4 loses 11 to
// 27 % by that, for it disturbs the core's own fetching, and gains 0 to 4 % by fetching two lines ahead.
extern const std::size_t kAvx512FetchAhead;

extern const Kernels kScalarKernels;
extern const Kernels kNeonKernels;
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
extern const Kernels kAvx512VnniKernels;
extern const Kernels kAvx512Bf16Kernels;

}  // namespace whisperwave
