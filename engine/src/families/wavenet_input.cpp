#include "families/wavenet_input.h"

#include <algorithm>
#include <functional>

namespace whisperwave {

WavenetInput::WavenetInput(const WavenetModel& model, std::size_t most_frames)
    : weights_(model.weights()),
      taps_(model.shape().initial_kernel_size),
      heard_(model.shape().head == Head::softmax ? model.shape().classes : model.shape().channels),
      channels_(padded(model.shape().residual_channels)),
      silent_class_(static_cast<std::int32_t>(model.codec().silence)) {
  const std::size_t room = taps_ - 1 + most_frames;
  if (model.shape().head == Head::softmax) {
    classes_.resize(room);
  } else {
    silent_values_.resize(heard_);
    values_.resize(room * heard_);
  }
  reset();
}

void WavenetInput::reset() noexcept {
  std::ranges::fill(classes_, silent_class_);
  std::ranges::fill(values_, 0.0F);
}

Samples WavenetInput::silence() const noexcept {
  if (values_.empty()) return {{&silent_class_, 1}, {}};
  return {{}, silent_values_};
}

void WavenetInput::embed(const Samples& samples, std::size_t frames, Frames<float> x) noexcept {
  if (values_.empty()) {
    look_up(samples.classes, x);
  } else {
    multiply(samples.values, frames, x);
  }
}

void WavenetInput::look_up(std::span<const std::int32_t> classes, Frames<float> x) noexcept {
  // Never beyond the last: another thread may write to the caller's array after it was checked.
  const auto last = static_cast<std::uint32_t>(heard_ - 1);
  std::ranges::transform(classes, classes_.data() + taps_ - 1, [last](std::int32_t index) {
    return static_cast<std::int32_t>(std::min(static_cast<std::uint32_t>(index), last));
  });
  for (std::size_t frame = 0; frame < classes.size(); ++frame) {
    float* out = row(x, frame);
    const auto answer = [&](std::size_t tap) {
      return weights(tap, static_cast<std::size_t>(classes_[frame + tap]));
    };
    std::copy_n(answer(0), channels_, out);
    for (std::size_t tap = 1; tap < taps_; ++tap) {
      std::transform(out, out + channels_, answer(tap), out, std::plus<>());
    }
  }
  std::copy_n(classes_.data() + classes.size(), taps_ - 1, classes_.data());
}

void WavenetInput::multiply(std::span<const float> values, std::size_t frames,
                            Frames<float> x) noexcept {
  const std::size_t past = (taps_ - 1) * heard_;
  std::ranges::copy(values, values_.data() + past);
  for (std::size_t frame = 0; frame < frames; ++frame) {
    float* out = row(x, frame);
    std::copy_n(weights_.embedding_bias, channels_, out);
    for (std::size_t tap = 0; tap < taps_; ++tap) {
      for (std::size_t c = 0; c < heard_; ++c) {
        const float value = values_[(frame + tap) * heard_ + c];
        std::transform(out, out + channels_, weights(tap, c), out,
                       [value](float sum, float weight) { return sum + value * weight; });
      }
    }
  }
  std::copy_n(values_.data() + frames * heard_, past, values_.data());
}

const float* WavenetInput::weights(std::size_t tap, std::size_t index) const noexcept {
  return weights_.embedding + (tap * heard_ + index) * channels_;
}

}  // namespace whisperwave
