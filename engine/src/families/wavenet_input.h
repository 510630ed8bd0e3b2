// The first layer, which hears samples, and what it remembers of them.
#pragma once

#include <vector>

#include "families/wavenet_weights.h"

namespace whisperwave {

// A class has few values, so its products with each tap are rows of a table, looked up; a number is
// multiplied. Before the stream began there was silence: the class of silence, or 0.
class WavenetInput {
 public:
  WavenetInput(const WavenetModel& model, std::size_t most_frames);

  // The first layer's output for each of `frames` samples.
  void embed(const Samples& samples, std::size_t frames, Frames<float> x) noexcept;
  void reset() noexcept;

  // What stands for a sample before there was one.
  Samples silence() const noexcept;

 private:
  void look_up(std::span<const std::int32_t> classes, Frames<float> x) noexcept;
  void multiply(std::span<const float> values, std::size_t frames, Frames<float> x) noexcept;
  const float* weights(std::size_t tap, std::size_t index) const noexcept;

  const WavenetWeights& weights_;
  std::size_t taps_;
  std::size_t heard_;     // classes, or channels
  std::size_t channels_;  // of the residual stream, padded
  std::int32_t silent_class_;
  std::vector<float> silent_values_;
  // The samples before that the first layer needs, then new ones.
  std::vector<std::int32_t> classes_;
  std::vector<float> values_;
};

}  // namespace whisperwave
