// Each instruction set's table of kernels; a build holds those that its compiler and target allow.
#pragma once

#include "kernels/kernels.h"

namespace whisperwave {

extern const Kernels kScalarKernels;
extern const Kernels kNeonKernels;
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
extern const Kernels kAvx512VnniKernels;

}  // namespace whisperwave
