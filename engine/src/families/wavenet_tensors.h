// Training's tensors of a WaveNet, checked, as padded matrices.
#pragma once

#include <vector>

#include "layers/packed_matrix.h"
#include "whisperwave/wavenet.h"

namespace whisperwave {

class WavenetTensors {
 public:
  // Borrows both.
  WavenetTensors(const WavenetShape& shape, const Tensors& tensors)
      : shape_(shape), tensors_(tensors) {}

  // Each throws Refusal unless its tensors are there, of the right shape, and finite; it allocates
  // only once they are.
  std::vector<float> embedding() const;       // [taps][classes or channels][R], padded
  std::vector<float> embedding_bias() const;  // padded
  PaddedMatrix dilated(std::size_t layer, std::size_t first_tap, std::size_t taps) const;
  std::vector<float> dilated_bias(std::size_t layer) const;
  PaddedMatrix conditioning() const;          // of all layers, one below another
  PaddedMatrix residual(std::size_t layer) const;
  std::vector<float> residual_bias(std::size_t layer) const;
  PaddedMatrix skip() const;
  PaddedMatrix dense(const std::string& name, std::size_t outputs, std::size_t inputs) const;
  std::vector<float> bias(const std::string& name, std::size_t channels) const;

  // The largest size of each input that int8 products of a layer shall hear, made into steps.
  Hearing layer_hearing(std::size_t layer) const;
  Hearing hearing(const std::string& name, std::size_t channels) const;

 private:
  std::span<const float> checked(const std::string& name,
                                 const std::vector<std::size_t>& shape) const;
  std::vector<std::span<const float>> of_all_layers(const char* name,
                                                    const std::vector<std::size_t>& shape) const;

  const WavenetShape& shape_;
  const Tensors& tensors_;
};

}  // namespace whisperwave
