#include "sampling/voice.h"

#include <algorithm>

#include "whisperwave/philox.h"

namespace whisperwave {

Voice::Voice(const WavenetModel& model, const WavenetStreamOptions& options)
    : codec_(model.codec()),
      channels_(model.shape().channels),
      seed_(options.seed),
      stream_(options.stream),
      newest_values_(channels_),
      audio_(channels_) {
  const WavenetShape& shape = model.shape();
  if (shape.head == Head::softmax) {
    sampler_.emplace(options.sampling, shape.classes, model.codec().silence);
  } else {
    mixture_.emplace(options.sampling, shape.head, shape.components);
  }
}

void Voice::draw(const Kernels& kernels, const float* prediction, float* audio) noexcept {
  if (sampler_) {
    const auto bits = random_words(seed_, stream_, position_)[0];
    set_class(sampler_->draw(kernels, prediction, bits));
  } else {
    for (std::size_t c = 0; c < channels_; ++c, prediction += mixture_->parameters()) {
      const auto words = random_words(seed_, stream_, position_ * channels_ + c);
      newest_values_[c] = mixture_->draw(kernels, prediction, words[0], words[1]);
    }
    set_values(newest_values_.data());
  }
  ++position_;
  has_newest_ = true;
  std::ranges::copy(audio_, audio);
}

void Voice::follow(const Samples& samples) noexcept {
  const auto last = static_cast<std::uint32_t>(codec_.values.size()) - 1;  // as in wavenet_input.cpp
  for (const std::int32_t index : samples.classes) {
    set_class(std::min(static_cast<std::uint32_t>(index), last));
  }
  for (std::size_t at = 0; at < samples.values.size(); at += channels_) {
    set_values(samples.values.data() + at);
  }
  has_newest_ = true;
}

Samples Voice::newest() const noexcept {
  if (sampler_) return {{&newest_class_, 1}, {}};
  return {{}, newest_values_};
}

void Voice::reset() noexcept {
  position_ = 0;
  has_newest_ = false;
  std::ranges::fill(audio_, 0.0F);
}

void Voice::set_class(std::uint32_t index) noexcept {
  newest_class_ = static_cast<std::int32_t>(index);
  audio_[0] = codec_.values[index] + codec_.deemphasis * audio_[0];
}

void Voice::set_values(const float* values) noexcept {
  for (std::size_t c = 0; c < channels_; ++c) {
    newest_values_[c] = values[c];
    audio_[c] = codec_.limit * values[c] + codec_.deemphasis * audio_[c];
  }
}

}  // namespace whisperwave
