#include "families/wavenet_trunk.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "whisperwave/refusal.h"

namespace whisperwave {
namespace {

// How a layer hears an input of 0.
template <class Heard>
constexpr Heard kNothing = 0;
template <>
constexpr std::uint8_t kNothing<std::uint8_t> = 128;

}  // namespace

template <class Heard>
WavenetTrunk<Heard>::WavenetTrunk(const WavenetModel& model)
    : model_(model),
      network_(model),
      input_(model, kChunk),
      history_(model.shape().reach() * padded(model.shape().residual_channels)),
      condition_(padded(model.shape().conditioning_channels)),
      biases_(model.weights().conditioning.outputs),
      past_(biases_.size()),
      gathered_(model.shape().layers() * (model.shape().kernel_size - 1) *
                padded(model.shape().residual_channels)),
      taps_(model.shape().layers()),
      heard_(model.shape().layers()),
      scratch_(WavenetRoom(model.shape()), kChunk) {
  lay_out_memory();
  reset();
}

template <class Heard>
void WavenetTrunk<Heard>::lay_out_memory() {
  const WavenetShape& shape = model_.shape();
  const std::size_t channels = padded(shape.residual_channels);
  Heard* next = history_.data();
  for (const std::size_t dilation : shape.dilations) {
    const std::size_t length = (shape.kernel_size - 1) * dilation;
    memory_.push_back({next, length, dilation, channels, 0});
    next += length * channels;
  }
}

template <class Heard>
void WavenetTrunk<Heard>::reset() noexcept {
  std::ranges::fill(history_.span(), kNothing<Heard>);
  for (auto& taps : memory_) taps.cursor = 0;
  input_.reset();
}

template <class Heard>
void WavenetTrunk<Heard>::check(std::span<const float> condition) const {
  const std::size_t wanted = model_.shape().conditioning_channels;
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
void WavenetTrunk<Heard>::steer(std::span<const float> condition) noexcept {
  std::ranges::copy(condition, condition_.data());
  const Affine& matrix = model_.weights().conditioning;
  network_.kernels().float32.affine(matrix, {condition_.data(), 0}, {matrix.bias, 0},
                                    {biases_.data(), 0}, 1, Then::store, whole(matrix));
}

template <class Heard>
const float* WavenetTrunk<Heard>::bias(std::size_t layer) const noexcept {
  return biases_.data() + layer * 2 * padded(model_.shape().dilation_channels);
}

template <class Heard>
void WavenetTrunk<Heard>::advance(const Samples& samples, std::size_t frames) noexcept {
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
float* WavenetTrunk<Heard>::conclude(std::size_t frames, float* out) noexcept {
  network_.conclude(scratch_, frames);
  const std::size_t outputs = model_.shape().outputs();
  for (std::size_t frame = 0; frame < frames; ++frame, out += outputs) {
    std::copy_n(row(scratch_.predictions.from(0), frame), outputs, out);
  }
  return out;
}

template <class Heard>
void WavenetTrunk<Heard>::step(const Samples& sample, WavenetScratch<Heard>& scratch) noexcept {
  const std::size_t room = scratch.taps.channels();
  for (std::size_t layer = 0; layer < memory_.size(); ++layer) {
    taps_[layer] = memory_[layer].gathered(gathered_.data() + layer * room);
    heard_[layer] = memory_[layer].newest(scratch.x.heard(0).data);
  }
  embed(sample, scratch.x.written(0));
  network_.run_stack(scratch, taps_.data(), heard_.data(), biases_.data(), past_.data());
  for (auto& taps : memory_) taps.advance();
}

template class WavenetTrunk<float>;
template class WavenetTrunk<Bfloat16>;
template class WavenetTrunk<std::uint8_t>;

}  // namespace whisperwave
