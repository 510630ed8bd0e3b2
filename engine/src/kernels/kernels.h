// The arithmetic of the engine: one table of functions for each instruction set.
//
// Layout. Channels are padded with zeros to whole vectors of kLanes. A matrix is cut into panels of
// at most kPanelVectors vectors of outputs. In a panel, the weights of one group of inputs for one
// vector of outputs lie together in a cell; the cells of a group follow one another, then those of
// the next group. So one sample reads a matrix once, front to back.
//
//   precision   inputs in a cell   layout of a cell
//   float32     2                  16 weights of the even input, 16 of the odd one
//   bfloat16    2                  16 pairs (even, odd)
//   int8        8                  16 quadruples of the first four inputs, 16 of the other four
//
// Order. In float32 every output is (start + even inputs, in order) + (odd inputs, in order), each
// product fused into its sum. In bfloat16 inputs are rounded like the weights, and every output is
// (start + even pairs) + (odd pairs), of a pair the odd input first: so do the processors that multiply
// such pairs, and each of their products is fused into its sum too. In int8 sums are integers, which
// have no order. All sets do this, one frame or many: their bits agree.
#pragma once

#include <cstddef>
#include <cstdint>

#include "whisperwave/instruction_set.h"

namespace whisperwave {

inline constexpr std::size_t kLanes = 16;
inline constexpr std::size_t kPanelVectors = 8;

using Bfloat16 = std::uint16_t;  // the upper half of a float

constexpr std::size_t padded(std::size_t channels) noexcept {
  return (channels + kLanes - 1) / kLanes * kLanes;
}
constexpr std::size_t panels(std::size_t outputs) noexcept {
  return (outputs + kPanelVectors * kLanes - 1) / (kPanelVectors * kLanes);
}

// Activations of several frames: `stride` numbers from one frame to the next.
template <class T>
struct Frames {
  T* data;
  std::size_t stride;

  operator Frames<const T>() const noexcept { return {data, stride}; }
};

// Static, so that each instruction set's file compiles its own copy and no linker shares it.
template <class T>
static inline T* row(Frames<T> frames, std::size_t frame) noexcept {
  return frames.data + frame * frames.stride;
}

// y = W x + bias, packed as above; `inputs` and `outputs` are padded.
struct Affine {
  const void* cells = nullptr;
  const float* bias = nullptr;
  // In int8 an output is float(sum + offset) * scale: the offset takes back what unsigned inputs
  // added, the scale is that of the row.
  const std::int32_t* offsets = nullptr;
  const float* scales = nullptr;
  std::size_t inputs = 0;
  std::size_t outputs = 0;
};

// A part of a matrix: panels `first` to `last`.
struct Panels {
  std::size_t first;
  std::size_t last;
};
inline Panels whole(const Affine& matrix) noexcept { return {0, panels(matrix.outputs)}; }

// What becomes of a sum: stored, added to what is there, or stored if positive, else 0.
enum class Then { store, add, rectify };

// How float activations become the unsigned bytes that int8 products read: rounded to even, after
// a division by each channel's step. Signed ones lie around 128.
enum class Sign { both, positive };

// What a residual layer reads and writes, frame by frame. `Heard` is float, or a byte in int8.
template <class Heard>
struct LayerFrames {
  Frames<const Heard> heard;   // its input, as products read it
  Frames<const float> past;    // its bias and what it has of earlier inputs: filters, then gates
  Frames<float> sums;          // room for filters and gates
  Frames<Heard> gated;         // its gated output
  Frames<float> x;             // the residual stream, which it adds to
  Frames<Heard> next;          // the residual stream, as the next layer hears it
};

struct LayerWeights {
  Affine past;      // the older taps: (k - 1) R -> filters, gates; no inputs if k is 1
  Affine present;   // the newest tap: R -> filters, gates
  Affine residual;  // D -> R; empty in the last layer, whose output nobody reads
  const float* inverse_steps = nullptr;  // in int8: how the next layer's input becomes bytes
};

// What all residual layers together read and write at one moment of one stream.
template <class Heard>
struct StackFrame {
  const Heard* const* taps;  // of each layer: what its older taps see
  Heard* const* heard;       // of each layer: where its input goes, and is read; may be `taps`
  const float* biases;       // filters and gates of all layers, as the condition has them
  float* past;               // room for as many
  float* x;                  // the residual stream, as the first layer gets it
  const float* inverse_steps;  // in int8: how that becomes bytes
  Heard* gated;              // the gated outputs of all layers
};

// One precision.
template <class Heard>
struct Arithmetic {
  // `start` is where the sums of each frame begin: the bias, with stride 0, or numbers of its own.
  void (*affine)(const Affine& matrix, Frames<const Heard> x, Frames<const float> start,
                 Frames<float> y, std::size_t frames, Then then, Panels part) noexcept;

  // The newest tap, the gate, the way back, and the input of the next layer.
  void (*layer)(const LayerWeights& weights, const LayerFrames<Heard>& activations,
                std::size_t frames) noexcept;

  // All layers for one frame: first what each needs of its past, which depends on nothing else, then
  // the chain of the newest taps.
  void (*stack)(const LayerWeights* layers, std::size_t count,
                const StackFrame<Heard>& activations) noexcept;

  // z = tanh(filter) * sigmoid(gate); a frame of `sums` holds `channels` filters, then the gates.
  void (*gate)(Frames<const float> sums, Frames<Heard> z, std::size_t channels,
               std::size_t frames) noexcept;

  // As many multiply-adds as `rounds` rounds hold, from the first-level cache; their number. The sums go
  // to `sink`, kLanes aligned floats.
  std::size_t (*multiply_add)(std::size_t rounds, float* sink) noexcept;

  // Float activations as products read them: copied, rounded, or in steps.
  void (*hear)(Frames<const float> x, const float* inverse_steps, Sign sign, Frames<Heard> heard,
               std::size_t channels, std::size_t frames) noexcept;
};

struct Kernels {
  Arithmetic<float> float32;
  Arithmetic<Bfloat16> bfloat16;
  Arithmetic<std::uint8_t> int8;

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
inline constexpr float kLargestLogit = 1e38F;  // a difference of two of these is still finite

inline constexpr float kByteSteps = 127.0F;  // of a gated output, which lies within 1

const Kernels& kernels(InstructionSet set) noexcept;

}  // namespace whisperwave
