#include "families/wavenet_network.h"

namespace whisperwave {
namespace {

template <class Heard>
const Arithmetic<Heard>& arithmetic_of(const Kernels& kernels) noexcept;

template <>
const Arithmetic<float>& arithmetic_of(const Kernels& kernels) noexcept {
  return kernels.float32;
}
template <>
const Arithmetic<Bfloat16>& arithmetic_of(const Kernels& kernels) noexcept {
  return kernels.bfloat16;
}
template <>
const Arithmetic<std::uint8_t>& arithmetic_of(const Kernels& kernels) noexcept {
  return kernels.int8;
}

}  // namespace

template <class Heard>
WavenetNetwork<Heard>::WavenetNetwork(const WavenetModel& model)
    : weights_(model.weights()),
      kernels_(whisperwave::kernels(model.instruction_set())),
      arithmetic_(arithmetic_of<Heard>(kernels_)),
      gates_(padded(model.shape().dilation_channels)),
      residual_(padded(model.shape().residual_channels)) {}

template <class Heard>
void WavenetNetwork<Heard>::hear_input(Frames<const float> x, Frames<Heard> heard,
                                       std::size_t frames) const noexcept {
  arithmetic_.hear(x, weights_.embedding_inverse_steps, Sign::both, heard, residual_, frames);
}

template <class Heard>
void WavenetNetwork<Heard>::run_past(std::size_t layer, Frames<const Heard> taps, Frames<const float> start,
                Frames<float> sums, std::size_t frames) const noexcept {
  const Affine& past = weights_.layers[layer].past;
  arithmetic_.affine(past, taps, start, sums, frames, Then::store, whole(past));
}

template <class Heard>
void WavenetNetwork<Heard>::run_layer(std::size_t layer, WavenetScratch<Heard>& scratch,
                                      Frames<const float> past, std::size_t first,
                                      std::size_t frames) const noexcept {
  arithmetic_.layer(weights_.layers[layer],
                    {scratch.x.heard(first), past, scratch.sums.from(first),
                     scratch.gated.from(first, layer * gates_), scratch.x.written(first),
                     scratch.x.heard(first)},
                    frames);
}

template <class Heard>
void WavenetNetwork<Heard>::run_stack(WavenetScratch<Heard>& scratch,
                                      const Heard* const* taps, Heard* const* heard,
                                      const float* biases, float* past) const noexcept {
  arithmetic_.stack(weights_.layers.data(), weights_.layers.size(),
                    {taps, heard, biases, past, scratch.x.written(0).data,
                     weights_.embedding_inverse_steps, scratch.gated.from(0).data});
}

template <class Heard>
std::size_t WavenetNetwork<Heard>::stage_panels(std::size_t stage) const noexcept {
  const Affine* const stages[kStages] = {&weights_.skip, &weights_.end1, &weights_.end2};
  return panels(stages[stage]->outputs);
}

template <class Heard>
void WavenetNetwork<Heard>::run_stage(std::size_t stage, WavenetScratch<Heard>& s,
                                      std::size_t frames, Panels part) const noexcept {
  // Each panel hears its own outputs, so that no stage waits for more than the products before it.
  const auto rectified = [&](const Affine& matrix, Frames<const Heard> x,
                             HeardActivations<Heard>& y, const float* inverse_steps) {
    arithmetic_.affine(matrix, x, {matrix.bias, 0}, y.written(0), frames, Then::rectify, part);
    const std::size_t channel = part.first * kPanelVectors * kLanes;
    const std::size_t end = part.last * kPanelVectors * kLanes;
    const std::size_t last = end < matrix.outputs ? end : matrix.outputs;
    const Frames<float> written = y.written(0);
    const Frames<Heard> heard = y.heard(0);
    arithmetic_.hear({written.data + channel, written.stride},
                     inverse_steps == nullptr ? nullptr : inverse_steps + channel, Sign::positive,
                     {heard.data + channel, heard.stride}, last - channel, frames);
  };
  if (stage == 0) return rectified(weights_.skip, s.gated.from(0), s.skip, weights_.skip_inverse_steps);
  if (stage == 1) return rectified(weights_.end1, s.skip.heard(0), s.end, weights_.end1_inverse_steps);
  arithmetic_.affine(weights_.end2, s.end.heard(0), {weights_.end2.bias, 0},
                     s.predictions.from(0), frames, Then::store, part);
}

template <class Heard>
void WavenetNetwork<Heard>::conclude(WavenetScratch<Heard>& scratch,
                                     std::size_t frames, bool backwards) const noexcept {
  for (std::size_t stage = 0; stage < kStages; ++stage) {
    const std::size_t count = stage_panels(stage);
    if (!backwards) run_stage(stage, scratch, frames, {0, count});
    for (std::size_t panel = backwards ? count : 0; panel-- > 0;) {
      run_stage(stage, scratch, frames, {panel, panel + 1});
    }
  }
}

template class WavenetNetwork<float>;
template class WavenetNetwork<Bfloat16>;
template class WavenetNetwork<std::uint8_t>;

}  // namespace whisperwave
