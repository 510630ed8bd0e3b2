// A WaveNet's weights as the kernels read them.
#pragma once

#include <vector>

#include "kernels/kernels.h"
#include "layers/packed_matrix.h"
#include "whisperwave/wavenet.h"

namespace whisperwave {

struct WavenetWeights {
  // The first layer, always in float32. Of classes: each tap's answer to each, [taps][classes][R];
  // of values: [taps][channels][R], and a bias. Padded.
  const float* embedding = nullptr;
  const float* embedding_bias = nullptr;        // null for classes
  const float* embedding_inverse_steps = nullptr;  // in int8: how the first layer's output is heard

  std::vector<LayerWeights> layers;
  Affine skip;  // all layers' gated outputs joined, L * D -> S: the skip sum is one product
  const float* skip_inverse_steps = nullptr;
  Affine end1;
  const float* end1_inverse_steps = nullptr;
  Affine end2;

  // From a condition to the biases of all layers, L * (filters D, gates D); always in float32.
  Affine conditioning;

  Arena arena{0};
  std::size_t bytes_per_sample = 0;
};

// Checks every tensor's name, shape and values against `shape`, then packs. Throws Refusal.
WavenetWeights pack_wavenet(const WavenetShape& shape, const Tensors& tensors,
                            Precision precision);

}  // namespace whisperwave
