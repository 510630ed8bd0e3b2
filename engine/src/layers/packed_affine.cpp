#include "layers/packed_affine.h"

namespace whisperwave {

std::size_t PaddedMatrix::pack(float* packed) const noexcept {
  constexpr std::size_t kPanel = kPanelVectors * kLanes;
  float* next = packed;
  for (std::size_t first = 0; first < padded_outputs(); first += kPanel) {
    const std::size_t width = std::min(kPanel, padded_outputs() - first);
    for (std::size_t input = 0; input < padded_inputs(); ++input) {
      for (std::size_t output = first; output < first + width; ++output) {
        *next++ = values_[output * padded_inputs() + input];
      }
    }
  }
  return static_cast<std::size_t>(next - packed);
}

}  // namespace whisperwave
