// The memory of a dilated convolution: the inputs it will need again, in a ring.
#pragma once

#include <cstddef>
#include <cstring>

#include "kernels/kernels.h"

namespace whisperwave {

// A view into a stream's state: `length` = (kernel size - 1) * dilation rows of `channels` floats.
// The row under `cursor` is the oldest; it is read as the oldest tap just before the newest input
// takes its place, so the ring holds exactly the context and nothing is ever copied along.
struct DilatedTaps {
  float* rows = nullptr;
  std::size_t length = 0;
  std::size_t dilation = 0;
  std::size_t channels = 0;  // padded
  std::size_t cursor = 0;

  // For each frame of `x`, write to `taps` its kernel_size inputs, oldest first, side by side.
  void gather(Frames<const float> x, Frames<float> taps, std::size_t frames) noexcept {
    for (std::size_t frame = 0; frame < frames; ++frame) {
      float* tap = row(taps, frame);
      for (std::size_t age = 0; age < length; age += dilation, tap += channels) {
        copy(rows + place(age) * channels, tap);
      }
      copy(row(x, frame), tap);
      push(row(x, frame));
    }
  }

 private:
  std::size_t place(std::size_t age) const noexcept {
    const std::size_t position = cursor + age;
    return position < length ? position : position - length;
  }
  void push(const float* input) noexcept {
    if (length == 0) return;  // a kernel of one tap has no memory
    copy(input, rows + cursor * channels);
    cursor = cursor + 1 < length ? cursor + 1 : 0;
  }
  void copy(const float* from, float* to) const noexcept {
    std::memcpy(to, from, channels * sizeof(float));
  }
};

}  // namespace whisperwave
