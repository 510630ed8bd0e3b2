// The feed-forward, causal WaveNet: frames of numbers in, frames of numbers out, for effects and
// decoders. Its layers are those of wavenet.h (van den Oord and others, 2016), used as in Rethage
// and others, "A Wavenet for speech denoising" (2018), but causal: no frame waits for a later one.
//
// Output frame n depends on input frames n - receptive_field + 1 to n, those before the stream began
// being 0. The latency is 0 and any number of frames may come at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "whisperwave/wavenet.h"

namespace whisperwave {

class ConvnetModel {
 public:
  // `shape.head` is Head::numbers: frames of `channels` numbers in, of `numbers` out. Checks every
  // size and value, then packs. Throws Refusal or std::bad_alloc; not real-time safe.
  ConvnetModel(const WavenetShape& shape, const Tensors& tensors, Precision precision,
               InstructionSet instruction_set);

  const WavenetShape& shape() const noexcept { return network_.shape(); }
  Precision precision() const noexcept { return network_.precision(); }
  InstructionSet instruction_set() const noexcept { return network_.instruction_set(); }
  std::size_t bytes_per_frame() const noexcept { return network_.bytes_per_sample(); }
  const WavenetModel& network() const noexcept { return network_; }  // which draws nothing

 private:
  WavenetModel network_;
};

class ConvnetState;

// One stream; wavenet.h says what a model and a stream are to each other and to threads.
class ConvnetStream {
 public:
  // Allocates everything the stream will ever need; `condition` is as for `steer`. Throws Refusal
  // or std::bad_alloc.
  ConvnetStream(std::shared_ptr<const ConvnetModel> model, std::span<const float> condition);
  ~ConvnetStream();
  ConvnetStream(const ConvnetStream&) = delete;
  ConvnetStream& operator=(const ConvnetStream&) = delete;

  const ConvnetModel& model() const noexcept;

  // Take frames of `channels` numbers from `in`, write frames of `numbers` numbers to `out`: as many
  // as are whole in both; the rest of `out` becomes 0. However they are cut into calls, the bits are
  // the same. What is not finite counts as 0, in `in`, so that it cannot stay in the memory, and in
  // `out`, should the last layers overflow. `out` may begin where `in` does if its frames are not
  // longer. Real-time safe: no allocation, lock or throw.
  void process(std::span<const float> in, std::span<float> out) noexcept;

  // Give the frames from here on another condition: `conditioning_channels` numbers. Throws Refusal,
  // before anything changes, on one of another size or that is not finite; else real-time safe.
  void steer(std::span<const float> condition);

  // Back to the state after construction, but for what `steer` said last. Real-time safe.
  void reset() noexcept;

 private:
  std::unique_ptr<ConvnetState> state_;
};

}  // namespace whisperwave
