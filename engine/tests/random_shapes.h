// WavenetShapes of every kind, small enough to be played in a moment.
#pragma once

#include <array>
#include <cstddef>
#include <random>
#include <string>

#include "checking.h"
#include "whisperwave/wavenet.h"

namespace whisperwave::testing {

class RandomShapes {
 public:
  explicit RandomShapes(std::uint32_t seed) : random_(seed) {}

  // Any sizes, channels up to `most`.
  WavenetShape any(std::size_t most = 70) {
    WavenetShape shape;
    shape.dilations.resize(between(1, 5));
    for (std::size_t& dilation : shape.dilations) dilation = between(1, 12);
    shape.kernel_size = between(1, 4);
    shape.residual_channels = between(1, most);
    shape.dilation_channels = between(1, most);
    shape.skip_channels = between(1, most);
    shape.end_channels = between(1, most);
    shape.conditioning_channels = between(0, 3);
    shape.initial_kernel_size = between(1, 4);
    shape.head = std::array{Head::softmax, Head::logistics, Head::gaussians}[between(0, 2)];
    if (shape.head == Head::softmax) {
      shape.classes = between(2, most);
    } else {
      shape.components = between(1, 4);
      shape.channels = between(1, 3);
    }
    return shape;
  }

  // Sizes for which kernels have code of their own: two taps, and as many residual as dilation
  // channels once both are padded to `vectors` vectors of 16.
  WavenetShape fixed(std::size_t vectors) {
    WavenetShape shape = any();
    shape.kernel_size = 2;
    shape.residual_channels = between(16 * vectors - 15, 16 * vectors);
    shape.dilation_channels = between(16 * vectors - 15, 16 * vectors);
    return shape;
  }

  // Any sizes, channels up to `most`, for frames of up to 3 numbers in and up to 20 out.
  WavenetShape feed_forward(std::size_t most = 70) {
    WavenetShape shape = any(most);
    shape.head = Head::numbers;
    shape.classes = shape.components = 0;
    shape.channels = between(1, 3);
    shape.numbers = between(1, 20);
    return shape;
  }

  std::size_t between(std::size_t least, std::size_t most) {
    return least + random_() % (most - least + 1);
  }

 private:
  std::mt19937 random_;
};

inline std::string text(const WavenetShape& shape) {
  std::string dilations;
  for (const std::size_t dilation : shape.dilations) dilations += said(' ', dilation);
  return said("dilations", dilations, ", k ", shape.kernel_size, ", R ", shape.residual_channels,
              ", D ", shape.dilation_channels, ", S ", shape.skip_channels, ", E ",
              shape.end_channels, ", G ", shape.conditioning_channels, ", first ",
              shape.initial_kernel_size, ", classes ", shape.classes, ", components ",
              shape.components, ", channels ", shape.channels, ", numbers ", shape.numbers);
}

// "avx2, int8, dilations 3 1, k 2, ..."
inline std::string text(const WavenetModel& model) {
  return said(name_of(model.instruction_set()), ", ", name_of(model.precision()), ", ",
              text(model.shape()));
}

}  // namespace whisperwave::testing
