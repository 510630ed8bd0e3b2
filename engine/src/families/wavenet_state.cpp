#include "families/wavenet_state.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "families/heard.h"
#include "number_text.h"
#include "whisperwave/refusal.h"

namespace whisperwave {

std::unique_ptr<WavenetState> make_state(std::shared_ptr<const WavenetModel> model,
                                         const WavenetStreamOptions& options) {
  if (model->shape().head == Head::numbers) {
    throw Refusal("BAD_SHAPE", "this network foretells nothing that could be drawn.",
                  "Open a stream of a ConvnetModel.");
  }
  return with_heard(model->precision(), [&]<class Heard>(std::type_identity<Heard>) {
    return std::unique_ptr<WavenetState>(
        std::make_unique<WavenetStateOf<Heard>>(std::move(model), options));
  });
}

template <class Heard>
WavenetStateOf<Heard>::WavenetStateOf(std::shared_ptr<const WavenetModel> model,
                                      const WavenetStreamOptions& options)
    : model_(std::move(model)), trunk_(*model_), voice_(*model_, options) {
  reset();
  check(options.condition);
  steer(options.condition);
}

template <class Heard>
void WavenetStateOf<Heard>::reset() noexcept {
  trunk_.reset();
  voice_.reset();
}

template <class Heard>
void WavenetStateOf<Heard>::check(std::span<const float> condition) const {
  trunk_.check(condition);
}

template <class Heard>
void WavenetStateOf<Heard>::steer(std::span<const float> condition) noexcept {
  trunk_.steer(condition);
}

template <class Heard>
void WavenetStateOf<Heard>::check(const Samples& samples) const {
  const WavenetShape& shape = model_->shape();
  const bool classes = shape.head == Head::softmax;
  if ((classes ? samples.values.size() : samples.classes.size()) != 0 ||
      samples.values.size() % shape.channels != 0) {
    throw Refusal("BAD_BUFFER", "these are not samples that this model hears.",
                  classes ? "Give classes." : "Give " + std::to_string(shape.channels) +
                                                  " numbers for each sample.");
  }
  const auto limit = static_cast<std::int32_t>(shape.classes);
  const auto bad = std::ranges::find_if(
      samples.classes, [limit](std::int32_t index) { return index < 0 || index >= limit; });
  if (bad != samples.classes.end()) {
    throw Refusal("BAD_CLASS", "class " + std::to_string(*bad) + " does not exist.",
                  "Classes run from 0 to " + std::to_string(limit - 1) + ".");
  }
  const auto strange = std::ranges::find_if_not(
      samples.values, [](float value) { return std::abs(value) <= 1.0F; });
  if (strange != samples.values.end()) {
    throw Refusal(std::isfinite(*strange) ? "BAD_VALUE" : "NONFINITE",
                  "a sample is " + number_text(*strange) + ".", "Samples are numbers of -1 to 1.");
  }
}

template <class Heard>
std::size_t WavenetStateOf<Heard>::count(const Samples& samples) const noexcept {
  return samples.classes.size() + samples.values.size() / model_->shape().channels;
}

template <class Heard>
Samples WavenetStateOf<Heard>::part(const Samples& samples, std::size_t first,
                                    std::size_t frames) const noexcept {
  if (!samples.classes.empty()) return {samples.classes.subspan(first, frames), {}};
  const std::size_t channels = model_->shape().channels;
  return {{}, samples.values.subspan(first * channels, frames * channels)};
}

template <class Heard>
Samples WavenetStateOf<Heard>::newest() const noexcept {
  return voice_.has_newest() ? voice_.newest() : trunk_.silence();
}

template <class Heard>
void WavenetStateOf<Heard>::advance_newest() noexcept {
  if (voice_.has_newest()) trunk_.advance(voice_.newest(), 1);
}

template <class Heard>
void WavenetStateOf<Heard>::process(std::span<float> out) noexcept {
  const std::size_t channels = model_->shape().channels;
  const WavenetNetwork<Heard>& network = trunk_.network();
  WavenetScratch<Heard>& scratch = trunk_.scratch();
  for (std::size_t at = 0; at + channels <= out.size(); at += channels) {
    step_layers(scratch);
    network.conclude(scratch, 1, backwards_);
    backwards_ = !backwards_;
    draw(network.kernels(), scratch.predictions.from(0).data, out.data() + at);
  }
}

// The newest sample stays outside the layers until the next step reads it.
template <class Heard>
void WavenetStateOf<Heard>::prime(const Samples& samples) noexcept {
  advance_newest();
  voice_.follow(samples);
  const std::size_t last = count(samples) - 1;
  for (std::size_t first = 0; first < last; first += kChunk) {
    const std::size_t frames = std::min(kChunk, last - first);
    trunk_.advance(part(samples, first, frames), frames);
  }
}

template <class Heard>
void WavenetStateOf<Heard>::predict(const Samples& samples, float* out) noexcept {
  advance_newest();
  voice_.follow(samples);
  voice_.forget_newest();
  const std::size_t end = count(samples);
  for (std::size_t first = 0; first < end; first += kChunk) {
    const std::size_t frames = std::min(kChunk, end - first);
    trunk_.advance(part(samples, first, frames), frames);
    out = trunk_.conclude(frames, out);
  }
}

template class WavenetStateOf<float>;
template class WavenetStateOf<Bfloat16>;
template class WavenetStateOf<std::uint8_t>;

}  // namespace whisperwave
