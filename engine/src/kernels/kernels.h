// The arithmetic of the engine, once for each instruction set.
//
// Layout. Channels are padded with zeros to whole vectors of kLanes. A matrix is cut into panels of
// at most kPanelVectors vectors of outputs; in a panel, the weights of one input for all outputs
// lie together, and inputs follow one another. So one sample reads a matrix once, front to back.
//
// Order. Every output is (bias + even inputs, in order) + (odd inputs, in order), each product
// rounded before it is added. All sets, one frame or many, add in this order: their bits agree.
#pragma once

#include <cstddef>
#include <cstdint>

#include "whisperwave/instruction_set.h"

namespace whisperwave {

inline constexpr std::size_t kLanes = 16;
inline constexpr std::size_t kPanelVectors = 8;

constexpr std::size_t padded(std::size_t channels) noexcept {
  return (channels + kLanes - 1) / kLanes * kLanes;
}

// Activations of several frames: `stride` floats from one frame to the next.
template <class T>
struct Frames {
  T* data;
  std::size_t stride;
};

// Static, so that each instruction set's file compiles its own copy and no linker shares it.
template <class T>
static inline T* row(Frames<T> frames, std::size_t frame) noexcept {
  return frames.data + frame * frames.stride;
}

// y = W x + b, packed as above; `inputs` and `outputs` are padded.
struct Affine {
  const float* weights;
  const float* bias;
  std::size_t inputs;
  std::size_t outputs;
};

// What becomes of the sum: stored, added to what is there, or stored if positive, else 0.
enum class Then { store, add, rectify };

struct Kernels {
  void (*affine)(const Affine& matrix, Frames<const float> x, Frames<float> y, std::size_t frames,
                 Then then) noexcept;

  // z = tanh(filter) * sigmoid(gate); a frame of `x` holds `channels` filters, then the gates.
  void (*gate)(Frames<const float> x, Frames<float> z, std::size_t channels,
               std::size_t frames) noexcept;

  // Probabilities relative to the most likely class, as integers: kCertain * exp((l - max) / T).
  // The integers make every later sum exact, whatever its order. Returns the most likely class,
  // the lowest on ties; a logit that is not a number counts as the least likely.
  std::uint32_t (*likelihoods)(const float* logits, std::size_t classes, float inverse_temperature,
                               std::uint32_t* weights) noexcept;

  // The sum of `size` floats, eight vectors at a time: a read of memory as fast as it can be.
  float (*read)(const float* data, std::size_t size) noexcept;
};

// 2^24 - 1: a class so many times rarer than the most likely one is never drawn.
inline constexpr float kCertain = 16777215.0F;
inline constexpr float kLargestLogit = 1e38F;   // a difference of two of these is still finite

const Kernels& kernels(InstructionSet set) noexcept;

extern const Kernels kScalarKernels;
extern const Kernels kAvx512Kernels;

}  // namespace whisperwave
