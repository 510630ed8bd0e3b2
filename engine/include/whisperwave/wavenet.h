// The autoregressive WaveNet (van den Oord and others, 2016), played one sample at a time from
// cached activations (Le Paine and others, "Fast WaveNet generation algorithm", 2016).
//
// A model is immutable and shared by any number of streams; a stream owns all that changes. One
// stream is used by one thread at a time; different streams of one model may run at once, each by
// itself or several in an ensemble, which reads the weights once for all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "whisperwave/instruction_set.h"
#include "whisperwave/precision.h"
#include "whisperwave/sampling.h"

namespace whisperwave {

// What the network foretells of the next sample: a logit for each class; or for each channel the
// components of a mixture, as logits, then means, then logarithms of scales. With `numbers` it
// foretells nothing: they are the output of a feed-forward network (convnet.h).
enum class Head { softmax, logistics, gaussians, numbers };

struct WavenetShape {
  std::vector<std::size_t> dilations;  // of each layer
  std::size_t kernel_size = 0;
  std::size_t residual_channels = 0;
  std::size_t dilation_channels = 0;
  std::size_t skip_channels = 0;
  std::size_t end_channels = 0;
  std::size_t conditioning_channels = 0;  // numbers of style and controls together
  std::size_t initial_kernel_size = 1;    // taps of the first layer, which hears the samples
  Head head = Head::softmax;
  std::size_t classes = 0;     // of a softmax; 0 for another head
  std::size_t components = 0;  // of a mixture; 0 for a softmax
  std::size_t channels = 1;    // numbers of a sample: audio channels, controls, latents
  std::size_t numbers = 0;     // of an output frame, for a head of numbers; 0 for another

  // These assume a shape that `check` has let pass.
  std::size_t layers() const noexcept { return dilations.size(); }
  std::size_t reach() const noexcept;  // samples that the dilated layers look back, all together
  std::size_t receptive_field() const noexcept { return initial_kernel_size + reach(); }
  std::size_t outputs() const noexcept;        // numbers of a prediction
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

// How what is drawn becomes audio: its value, then y[n] = value + deemphasis * y[n - 1].
struct SampleCodec {
  std::vector<float> values;    // one per class; empty for a mixture
  float limit = 1.0F;           // of a mixture: its values, which lie within 1, times this
  float deemphasis = 0.0F;      // in [0, 1)
  std::uint32_t silence = 0;    // the class that a stream without history starts from
};

struct WavenetWeights;  // packed for the kernels, private to the engine

class WavenetModel {
 public:
  // Checks every size and value, then packs. Tensor names are the training code's, see
  // docs/explanation/engine.md; int8 also wants those of `calibration.*`. Throws Refusal or
  // std::bad_alloc; not real-time safe.
  WavenetModel(const WavenetShape& shape, const Tensors& tensors, SampleCodec codec,
               Precision precision, InstructionSet instruction_set);
  ~WavenetModel();
  WavenetModel(const WavenetModel&) = delete;
  WavenetModel& operator=(const WavenetModel&) = delete;

  const WavenetShape& shape() const noexcept { return shape_; }
  const SampleCodec& codec() const noexcept { return codec_; }
  Precision precision() const noexcept { return precision_; }
  InstructionSet instruction_set() const noexcept { return instruction_set_; }
  const WavenetWeights& weights() const noexcept { return *weights_; }
  std::size_t bytes_per_sample() const noexcept;  // packed weights read for each sample

 private:
  WavenetShape shape_;
  SampleCodec codec_;
  Precision precision_;
  InstructionSet instruction_set_;
  std::unique_ptr<const WavenetWeights> weights_;
};

struct WavenetStreamOptions {
  std::span<const float> condition;  // conditioning_channels values: style, then controls
  Sampling sampling;
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;
};

// Samples as a network hears them: classes for a softmax, else `channels` numbers for each sample,
// which lie within 1.
struct Samples {
  std::span<const std::int32_t> classes;
  std::span<const float> values;
};

class WavenetState;
class WavenetEnsembleWork;

class WavenetStream {
 public:
  // Allocates everything the stream will ever need. Throws Refusal or std::bad_alloc.
  WavenetStream(std::shared_ptr<const WavenetModel> model, const WavenetStreamOptions& options);
  ~WavenetStream();
  WavenetStream(const WavenetStream&) = delete;
  WavenetStream& operator=(const WavenetStream&) = delete;

  const WavenetModel& model() const noexcept;

  // Take `samples` as history, many at a time; the result is that of stepping through them one by
  // one, bit for bit. Throws Refusal on one out of range, before anything changes.
  void prime(const Samples& samples);

  // Fill `out`, whole samples of `channels` numbers, with new audio; what is left over of one that
  // is not whole becomes 0. Real-time safe: no allocation, lock or throw.
  void process(std::span<float> out) noexcept;

  // Take `samples` as history, and write for each the prediction of the one after it:
  // `predictions` holds a row of shape.outputs() values for each. Follow it with more `predict`, or
  // with `reset`: nothing was drawn, so there is no sample to go on from. Throws Refusal.
  void predict(const Samples& samples, std::span<float> predictions);

  // Give the predictions from here on another condition: of the next sample, and of all after it.
  // Throws Refusal, before anything changes, on one of another size or that is not finite; else
  // real-time safe.
  void steer(std::span<const float> condition);

  // Back to the state after construction, but for what `steer` said last. Real-time safe.
  void reset() noexcept;

  WavenetState& state() noexcept { return *state_; }

 private:
  std::unique_ptr<WavenetState> state_;
};

// Streams of one model, played side by side: each weight is read once for all of them, and the work
// may be shared by several threads. Each stream gets the bits that it would get alone, so they may
// join and leave between any two calls.
class WavenetEnsemble {
 public:
  // Room for `capacity` streams at once; 1 to 64 threads, of which the caller's is one. Throws
  // Refusal or std::bad_alloc.
  WavenetEnsemble(std::shared_ptr<const WavenetModel> model, std::size_t capacity,
                  std::size_t threads);
  ~WavenetEnsemble();
  WavenetEnsemble(const WavenetEnsemble&) = delete;
  WavenetEnsemble& operator=(const WavenetEnsemble&) = delete;

  // Fill the span of `out` at the index of each stream with new audio, interleaved by channels; all
  // spans hold as many whole samples. Real-time safe with one thread. Throws Refusal, before
  // anything changes, on spans that do not, too many streams, one that is there twice, is null, or
  // is of another model; in a forked process as the constructor.
  void process(std::span<WavenetStream* const> streams, std::span<const std::span<float>> out);

 private:
  std::unique_ptr<WavenetEnsembleWork> work_;
};

}  // namespace whisperwave
