// A matrix under construction: padded, row-major, zero where nothing was set.
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/kernels.h"

namespace whisperwave {

// Where a channel of training's numbering lies among the padded channels: blocks of `channels`
// (the taps of a convolution, the layers joined for the skip sum) each begin on a whole vector.
struct ChannelBlocks {
  std::size_t blocks;
  std::size_t channels;  // in each block

  std::size_t size() const noexcept { return blocks * channels; }
  std::size_t padded_size() const noexcept { return blocks * padded(channels); }
  std::size_t place(std::size_t block, std::size_t channel) const noexcept {
    return block * padded(channels) + channel;
  }
};

class PaddedMatrix {
 public:
  PaddedMatrix(ChannelBlocks outputs, ChannelBlocks inputs)
      : outputs_(outputs), inputs_(inputs), values_(padded_outputs() * padded_inputs()) {}

  float& at(std::size_t output, std::size_t input) noexcept {
    return values_[output * padded_inputs() + input];
  }
  float at(std::size_t output, std::size_t input) const noexcept {
    return values_[output * padded_inputs() + input];
  }
  std::size_t padded_outputs() const noexcept { return outputs_.padded_size(); }
  std::size_t padded_inputs() const noexcept { return inputs_.padded_size(); }
  const ChannelBlocks& outputs() const noexcept { return outputs_; }
  const ChannelBlocks& inputs() const noexcept { return inputs_; }

 private:
  ChannelBlocks outputs_;
  ChannelBlocks inputs_;
  std::vector<float> values_;
};

}  // namespace whisperwave
