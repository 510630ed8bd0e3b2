// The figure of the paper: from the residual stream through the layers to a prediction.
#pragma once

#include "families/wavenet_scratch.h"
#include "families/wavenet_weights.h"

namespace whisperwave {

template <class Heard>
class WavenetNetwork {
 public:
  explicit WavenetNetwork(const WavenetModel& model);

  const Kernels& kernels() const noexcept { return kernels_; }
  const Arithmetic<Heard>& arithmetic() const noexcept { return arithmetic_; }

  // The first layer's output, as the layer after it hears it.
  void hear_input(Frames<const float> x, Frames<Heard> heard, std::size_t frames) const noexcept;

  // What `layer` has of its older taps, added to its bias, which is where the sums start.
  void run_past(std::size_t layer, Frames<const Heard> taps, Frames<const float> start,
                Frames<float> sums, std::size_t frames) const noexcept;

  // The rest of `layer`, for frames `first` and on; `past` is what `run_past` gave.
  void run_layer(std::size_t layer, WavenetScratch<Heard>& scratch, Frames<const float> past,
                 std::size_t first, std::size_t frames) const noexcept;

  // All layers at one moment of one stream; kernels.h says what they read and write.
  void run_stack(WavenetScratch<Heard>& scratch, const Heard* const* taps, Heard* const* heard,
                 const float* biases, float* past) const noexcept;

  // The head, stage by stage, each for some panels of its outputs. Between two stages the first one
  // must be complete.
  static constexpr std::size_t kStages = 3;
  std::size_t stage_panels(std::size_t stage) const noexcept;
  void run_stage(std::size_t stage, WavenetScratch<Heard>& scratch, std::size_t frames,
                 Panels part) const noexcept;

  // All stages; `backwards` in each the last panel first. Who goes forwards and backwards in turn
  // finds in the cache what the step before read last (measured: 5 to 20 % where the weights are
  // somewhat larger than the second-level cache).
  void conclude(WavenetScratch<Heard>& scratch, std::size_t frames,
                bool backwards = false) const noexcept;

 private:
  const WavenetWeights& weights_;
  const Kernels& kernels_;
  const Arithmetic<Heard>& arithmetic_;
  std::size_t gates_;     // of a layer, padded
  std::size_t residual_;  // channels, padded
};

}  // namespace whisperwave
