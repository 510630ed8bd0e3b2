// A WaveNet's weights as the kernels read them.
#pragma once

#include <vector>

#include "aligned_buffer.h"
#include "layers/packed_affine.h"
#include "whisperwave/wavenet.h"

namespace whisperwave {

struct WavenetWeights {
  // One residual layer: the dilated convolution over its joined taps, and the way back.
  struct Layer {
    Affine dilated;   // kernel_size * R -> filters D, gates D
    Affine residual;  // D -> R; empty in the last layer, whose output nobody reads
  };

  AlignedBuffer<float> embedding;  // [taps][classes][R], padded: each tap's answer to each class
  std::vector<Layer> layers;
  Affine skip{};  // all layers' gated outputs joined, L * D -> S: the skip sum is one product
  Affine end1{};
  Affine end2{};
  std::vector<AlignedBuffer<float>> conditioning;  // per layer [G][filters D, gates D], padded

  AlignedBuffer<float> matrices;  // every packed matrix, in the order of use
  AlignedBuffer<float> biases;
};

// Checks every tensor's name, shape and values against `shape`, then packs. Throws Refusal.
WavenetWeights pack_wavenet(const WavenetShape& shape, const Tensors& tensors);

}  // namespace whisperwave
