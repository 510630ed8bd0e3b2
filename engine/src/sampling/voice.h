// A stream's side of the head: how the next sample is drawn, and how it sounds.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sampling/mixture.h"
#include "sampling/sampler.h"
#include "whisperwave/wavenet.h"

namespace whisperwave {

class Voice {
 public:
  // Throws Refusal on options that do not fit the head.
  Voice(const WavenetModel& model, const WavenetStreamOptions& options);

  // Draw the next sample from a prediction and write its audio, one number for each channel.
  void draw(const Kernels& kernels, const float* prediction, float* audio) noexcept;

  // Take samples as if they had been drawn.
  void follow(const Samples& samples) noexcept;

  bool has_newest() const noexcept { return has_newest_; }
  Samples newest() const noexcept;
  void forget_newest() noexcept { has_newest_ = false; }
  void reset() noexcept;

 private:
  void set_class(std::uint32_t index) noexcept;
  void set_values(const float* values) noexcept;

  const SampleCodec& codec_;
  std::size_t channels_;
  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t position_ = 0;  // samples drawn
  std::optional<Sampler> sampler_;
  std::optional<Mixture> mixture_;

  bool has_newest_ = false;
  std::int32_t newest_class_ = 0;
  std::vector<float> newest_values_;
  std::vector<float> audio_;  // the newest, decoded
};

}  // namespace whisperwave
