#include "families/wavenet_state.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "whisperwave/refusal.h"

namespace whisperwave {
namespace {

// Frames that priming takes through a layer at once: a multiple of the kernels' tiles, few enough
// for their activations to stay in the second-level cache.
constexpr std::size_t kChunk = 48;

// How a layer hears an input of 0.
template <class Heard>
constexpr Heard kNothing = 0;
template <>
constexpr std::uint8_t kNothing<std::uint8_t> = 128;

}  // namespace

std::unique_ptr<WavenetState> make_state(std::shared_ptr<const WavenetModel> model,
                                         const WavenetStreamOptions& options) {
  if (model->precision() == Precision::int8) {
    return std::make_unique<WavenetStateOf<std::uint8_t>>(std::move(model), options);
  }
  return std::make_unique<WavenetStateOf<float>>(std::move(model), options);
}

template <class Heard>
WavenetStateOf<Heard>::WavenetStateOf(std::shared_ptr<const WavenetModel> model,
                                      const WavenetStreamOptions& options)
    : model_(std::move(model)),
      network_(*model_),
      voice_(*model_, options),
      input_(*model_, kChunk),
      history_(model_->shape().reach() * padded(model_->shape().residual_channels)),
      condition_(padded(model_->shape().conditioning_channels)),
      biases_(model_->weights().conditioning.outputs),
      past_(biases_.size()),
      gathered_(model_->shape().layers() * (model_->shape().kernel_size - 1) *
                padded(model_->shape().residual_channels)),
      taps_(model_->shape().layers()),
      heard_(model_->shape().layers()),
      scratch_(model_->shape(), kChunk) {
  lay_out_memory();
  reset();
  check(options.condition);
  steer(options.condition);
}

template <class Heard>
void WavenetStateOf<Heard>::lay_out_memory() {
  const WavenetShape& shape = model_->shape();
  const std::size_t channels = padded(shape.residual_channels);
  Heard* next = history_.data();
  for (const std::size_t dilation : shape.dilations) {
    const std::size_t length = (shape.kernel_size - 1) * dilation;
    memory_.push_back({next, length, dilation, channels, 0});
    next += length * channels;
  }
}

template <class Heard>
void WavenetStateOf<Heard>::reset() noexcept {
  std::ranges::fill(history_.span(), kNothing<Heard>);
  for (auto& taps : memory_) taps.cursor = 0;
  input_.reset();
  voice_.reset();
}

template <class Heard>
void WavenetStateOf<Heard>::check(std::span<const float> condition) const {
  const std::size_t wanted = model_->shape().conditioning_channels;
  if (condition.size() != wanted) {
    throw Refusal("BAD_STYLE",
                  "style and controls have " + std::to_string(condition.size()) + " numbers.",
                  "This model takes " + std::to_string(wanted) + ".");
  }
  if (!std::ranges::all_of(condition, [](float value) { return std::isfinite(value); })) {
    throw Refusal("NONFINITE", "style or controls hold a value that is not finite.",
                  "Make them from clips that can be heard.");
  }
}

// A condition holds for many samples: folded into the biases, it costs nothing for each of them.
template <class Heard>
void WavenetStateOf<Heard>::steer(std::span<const float> condition) noexcept {
  std::ranges::copy(condition, condition_.data());
  const Affine& matrix = model_->weights().conditioning;
  network_.kernels().float32.affine(matrix, {condition_.data(), 0}, {matrix.bias, 0},
                                    {biases_.data(), 0}, 1, Then::store, whole(matrix));
}

template <class Heard>
const float* WavenetStateOf<Heard>::bias(std::size_t layer) const noexcept {
  return biases_.data() + layer * 2 * padded(model_->shape().dilation_channels);
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
    throw Refusal("BAD_CLASS", "a sample is " + std::to_string(*strange) + ".",
                  "Samples are numbers of -1 to 1.");
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

// Take up to kChunk samples through all layers.
template <class Heard>
void WavenetStateOf<Heard>::advance(const Samples& samples, std::size_t frames) noexcept {
  input_.embed(samples, frames, scratch_.x.written(0));
  network_.hear_input(scratch_.x.written(0), scratch_.x.heard(0), frames);
  for (std::size_t layer = 0; layer < memory_.size(); ++layer) {
    const Frames<Heard> heard = scratch_.x.heard(0);
    const Frames<Heard> taps = scratch_.taps.from(0);
    for (std::size_t frame = 0; frame < frames; ++frame) {
      memory_[layer].gather(row(taps, frame));
      memory_[layer].push(row(heard, frame));
    }
    const Frames<float> sums = scratch_.sums.from(0);
    network_.run_past(layer, taps, {bias(layer), 0}, sums, frames);
    network_.run_layer(layer, scratch_, sums, 0, frames);
  }
}

template <class Heard>
void WavenetStateOf<Heard>::advance_newest() noexcept {
  if (voice_.has_newest()) advance(voice_.newest(), 1);
}

template <class Heard>
void WavenetStateOf<Heard>::embed(Frames<float> x) noexcept {
  const Samples newest = voice_.has_newest() ? voice_.newest() : input_.silence();
  input_.embed(newest, 1, x);
}

template <class Heard>
void WavenetStateOf<Heard>::step_layers(WavenetScratch<Heard>& scratch) noexcept {
  const std::size_t room = scratch.taps.channels();
  for (std::size_t layer = 0; layer < memory_.size(); ++layer) {
    taps_[layer] = memory_[layer].gathered(gathered_.data() + layer * room);
    heard_[layer] = memory_[layer].newest(scratch.x.heard(0).data);
  }
  embed(scratch.x.written(0));
  network_.run_stack(scratch, taps_.data(), heard_.data(), biases_.data(), past_.data());
  for (auto& taps : memory_) taps.advance();
}

template <class Heard>
void WavenetStateOf<Heard>::process(std::span<float> out) noexcept {
  const std::size_t channels = model_->shape().channels;
  for (std::size_t at = 0; at + channels <= out.size(); at += channels) {
    step_layers(scratch_);
    network_.conclude(scratch_, 1, backwards_);
    backwards_ = !backwards_;
    draw(network_.kernels(), scratch_.predictions.from(0).data, out.data() + at);
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
    advance(part(samples, first, frames), frames);
  }
}

template <class Heard>
void WavenetStateOf<Heard>::predict(const Samples& samples, float* out) noexcept {
  advance_newest();
  voice_.follow(samples);
  voice_.forget_newest();
  const std::size_t outputs = model_->shape().outputs();
  const std::size_t end = count(samples);
  for (std::size_t first = 0; first < end; first += kChunk) {
    const std::size_t frames = std::min(kChunk, end - first);
    advance(part(samples, first, frames), frames);
    network_.conclude(scratch_, frames);
    for (std::size_t frame = 0; frame < frames; ++frame, out += outputs) {
      std::copy_n(row(scratch_.predictions.from(0), frame), outputs, out);
    }
  }
}

template class WavenetStateOf<float>;
template class WavenetStateOf<std::uint8_t>;

}  // namespace whisperwave
