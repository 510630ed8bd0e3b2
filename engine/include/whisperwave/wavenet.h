// The autoregressive WaveNet (van den Oord and others, 2016), played one sample at a time from
// cached activations (Le Paine and others, "Fast WaveNet generation algorithm", 2016).
//
// A model is immutable and shared by any number of streams; a stream owns all that changes. One
// stream is used by one thread at a time; different streams of one model may run at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "whisperwave/instruction_set.h"
#include "whisperwave/sampling.h"

namespace whisperwave {

struct WavenetShape {
  std::size_t layers_per_block = 0;
  std::size_t blocks = 0;
  std::size_t kernel_size = 0;
  std::size_t residual_channels = 0;
  std::size_t dilation_channels = 0;
  std::size_t skip_channels = 0;
  std::size_t end_channels = 0;
  std::size_t classes = 0;
  std::size_t conditioning_channels = 0;  // numbers of style and controls together
  std::size_t initial_kernel_size = 1;    // taps of the first layer, which hears the classes

  // These assume a shape that `check` has let pass.
  std::size_t layers() const noexcept { return layers_per_block * blocks; }
  std::size_t dilation(std::size_t layer) const noexcept {
    return std::size_t{1} << (layer % layers_per_block);
  }
  std::size_t reach() const noexcept;  // samples that the dilated layers look back, all together
  std::size_t receptive_field() const noexcept { return initial_kernel_size + reach(); }
  std::size_t multiply_adds() const noexcept;  // per generated sample, as the paper counts them
};

// Refuse, by arithmetic and before any allocation, a shape that is empty or absurdly large.
void check(const WavenetShape& shape);

// A weight as it comes from training: row-major values, borrowed while loading.
struct Tensor {
  std::vector<std::size_t> shape;
  std::span<const float> values;
};
using Tensors = std::map<std::string, Tensor, std::less<>>;

// How a class becomes audio: its value, then y[n] = value + deemphasis * y[n - 1].
struct ClassCodec {
  std::vector<float> values;    // one per class
  float deemphasis = 0.0F;      // in [0, 1)
  std::uint32_t silence = 0;    // the class that a stream without history starts from
};

struct WavenetWeights;  // packed for the kernels, private to the engine

class WavenetModel {
 public:
  // Checks every size and value, then packs. Tensor names are the training code's, see
  // docs/explanation/engine.md. Throws Refusal or std::bad_alloc; not real-time safe.
  WavenetModel(const WavenetShape& shape, const Tensors& tensors, ClassCodec codec,
               InstructionSet instruction_set);
  ~WavenetModel();
  WavenetModel(const WavenetModel&) = delete;
  WavenetModel& operator=(const WavenetModel&) = delete;

  const WavenetShape& shape() const noexcept { return shape_; }
  const ClassCodec& codec() const noexcept { return codec_; }
  InstructionSet instruction_set() const noexcept { return instruction_set_; }
  const WavenetWeights& weights() const noexcept { return *weights_; }
  std::size_t bytes_per_sample() const noexcept;  // packed weights read for each sample

 private:
  WavenetShape shape_;
  ClassCodec codec_;
  InstructionSet instruction_set_;
  std::unique_ptr<const WavenetWeights> weights_;
};

struct WavenetStreamOptions {
  std::span<const float> condition;  // conditioning_channels values: style, then controls
  Sampling sampling;
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;
};

class WavenetStream {
 public:
  // Allocates everything the stream will ever need. Throws Refusal or std::bad_alloc.
  WavenetStream(std::shared_ptr<const WavenetModel> model, const WavenetStreamOptions& options);
  ~WavenetStream();
  WavenetStream(const WavenetStream&) = delete;
  WavenetStream& operator=(const WavenetStream&) = delete;

  // Take `classes` as history, many samples at a time; the result is that of stepping through them
  // one by one, bit for bit. Throws Refusal on a class out of range, before anything changes.
  void prime(std::span<const std::int32_t> classes);

  // Fill `out` with new audio. Real-time safe: no allocation, lock or throw.
  void process(std::span<float> out) noexcept;

  // Take `classes` as history, and write for each the prediction of the class after it:
  // `logits` holds classes.size() rows of shape.classes values. Follow it with more `predict`, or
  // with `reset`: nothing was drawn, so there is no sample to go on from. Throws Refusal.
  void predict(std::span<const std::int32_t> classes, std::span<float> logits);

  // Give the predictions from here on another condition: of the next class, and of all after it.
  // Throws Refusal, before anything changes, on one of another size or that is not finite; else
  // real-time safe.
  void steer(std::span<const float> condition);

  // Back to the state after construction, but for what `steer` said last. Real-time safe.
  void reset() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace whisperwave
