#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>

#include "aligned_buffer.h"
#include "denormals.h"
#include "families/wavenet_weights.h"
#include "kernels/kernels.h"
#include "layers/dilated_taps.h"
#include "sampling/sampler.h"
#include "whisperwave/philox.h"
#include "whisperwave/refusal.h"
#include "whisperwave/wavenet.h"

namespace whisperwave {
namespace {

// Frames that priming takes through a layer at once: a multiple of the kernels' tiles, few enough
// for their activations to stay in the second-level cache.
constexpr std::size_t kChunk = 48;

constexpr std::int32_t kNoClass = -1;

// Activations of up to kChunk frames.
class Activations {
 public:
  explicit Activations(std::size_t channels) : channels_(channels), values_(kChunk * channels) {}
  operator Frames<float>() noexcept { return {values_.data(), channels_}; }
  operator Frames<const float>() const noexcept { return {values_.data(), channels_}; }
  Frames<float> from_channel(std::size_t channel) noexcept {
    return {values_.data() + channel, channels_};
  }

 private:
  std::size_t channels_;
  AlignedBuffer<float> values_;
};

std::size_t history_floats(const WavenetShape& shape) {
  return shape.reach() * padded(shape.residual_channels);
}

}  // namespace

struct WavenetStream::State {
  State(std::shared_ptr<const WavenetModel> model_, const WavenetStreamOptions& options)
      : model(std::move(model_)),
        kernel(kernels(model->instruction_set())),
        sampler(options.sampling, model->shape().classes, model->codec().silence),
        seed(options.seed),
        stream(options.stream),
        history(history_floats(shape())),
        heard(shape().initial_kernel_size - 1 + kChunk, silence()),
        dilated_biases(shape().layers() * 2 * padded(shape().dilation_channels)),
        bias_sums(2 * padded(shape().dilation_channels)),
        x(padded(shape().residual_channels)),
        taps(shape().kernel_size * padded(shape().residual_channels)),
        filters_and_gates(2 * padded(shape().dilation_channels)),
        gated(shape().layers() * padded(shape().dilation_channels)),
        skip(padded(shape().skip_channels)),
        end(padded(shape().end_channels)),
        logits(padded(shape().classes)) {
    lay_out_history();
    fold(options.condition);
  }

  const WavenetShape& shape() const noexcept { return model->shape(); }
  const WavenetWeights& weights() const noexcept { return model->weights(); }
  std::int32_t silence() const noexcept {
    return static_cast<std::int32_t>(model->codec().silence);
  }

  void lay_out_history() {
    float* next = history.data();
    const std::size_t channels = padded(shape().residual_channels);
    for (std::size_t layer = 0; layer < shape().layers(); ++layer) {
      const std::size_t dilation = shape().dilation(layer);
      const std::size_t length = (shape().kernel_size - 1) * dilation;
      memory.push_back({next, length, dilation, channels, 0});
      next += length * channels;
    }
  }

  // A condition holds for many samples: folded into the biases, it costs nothing for each of them.
  void fold(std::span<const float> condition) {
    const std::size_t wanted = shape().conditioning_channels;
    if (condition.size() != wanted) {
      throw Refusal("BAD_STYLE",
                    "style and controls have " + std::to_string(condition.size()) + " numbers.",
                    "This model takes " + std::to_string(wanted) + ".");
    }
    if (!std::ranges::all_of(condition, [](float value) { return std::isfinite(value); })) {
      throw Refusal("NONFINITE", "style or controls hold a value that is not finite.",
                    "Make them from clips that can be heard.");
    }
    for (std::size_t layer = 0; layer < shape().layers(); ++layer) fold_layer(layer, condition);
  }

  // Summed in double, output by output: the same on every instruction set.
  void fold_layer(std::size_t layer, std::span<const float> condition) noexcept {
    std::ranges::copy(std::span(weights().layers[layer].dilated.bias, bias_sums.size()),
                      bias_sums.begin());
    for (std::size_t g = 0; g < condition.size(); ++g) {
      const float* row = weights().conditioning[layer].data() + g * bias_sums.size();
      for (std::size_t output = 0; output < bias_sums.size(); ++output) {
        bias_sums[output] += static_cast<double>(row[output]) * condition[g];
      }
    }
    std::ranges::transform(bias_sums, dilated_biases.data() + layer * bias_sums.size(),
                           [](double sum) { return static_cast<float>(sum); });
  }

  void reset() noexcept {
    history.clear();
    for (auto& taps_of_layer : memory) taps_of_layer.cursor = 0;
    std::ranges::fill(heard, silence());
    last_class = kNoClass;
    last_audio = 0.0F;
    position = 0;
  }

  // --- the network -------------------------------------------------------------------------------

  // Take up to kChunk classes through all residual layers.
  void advance(std::span<const std::int32_t> classes) noexcept {
    embed(classes);
    for (std::size_t layer = 0; layer < memory.size(); ++layer) run_layer(layer, classes.size());
  }

  void embed(std::span<const std::int32_t> classes) noexcept {
    const std::size_t channels = padded(shape().residual_channels);
    const std::size_t taps = shape().initial_kernel_size;
    std::ranges::copy(classes, heard.data() + taps - 1);
    for (std::size_t frame = 0; frame < classes.size(); ++frame) {
      float* out = row<float>(x, frame);
      std::copy_n(answer(0, heard[frame]), channels, out);
      for (std::size_t tap = 1; tap < taps; ++tap) {
        std::transform(out, out + channels, answer(tap, heard[frame + tap]), out, std::plus<>());
      }
    }
    std::copy_n(heard.data() + classes.size(), taps - 1, heard.data());
  }

  // What a tap of the first layer adds for a class.
  const float* answer(std::size_t tap, std::int32_t index) const noexcept {
    const std::size_t place = tap * shape().classes + static_cast<std::size_t>(index);
    return weights().embedding.data() + place * padded(shape().residual_channels);
  }

  void run_layer(std::size_t layer, std::size_t frames) noexcept {
    const std::size_t channels = padded(shape().dilation_channels);
    const auto& [dilated, residual] = weights().layers[layer];
    const Frames<float> z = gated.from_channel(layer * channels);

    memory[layer].gather(x, taps, frames);
    const float* bias = dilated_biases.data() + layer * 2 * channels;
    const Affine conditioned = {dilated.weights, bias, dilated.inputs, dilated.outputs};
    kernel.affine(conditioned, taps, filters_and_gates, frames, Then::store);
    kernel.gate(filters_and_gates, z, channels, frames);
    if (residual.outputs > 0) {
      kernel.affine(residual, {z.data, z.stride}, x, frames, Then::add);
    }
  }

  // From the gated outputs of all layers to the prediction of the next class.
  void conclude(std::size_t frames) noexcept {
    kernel.affine(weights().skip, gated, skip, frames, Then::rectify);
    kernel.affine(weights().end1, skip, end, frames, Then::rectify);
    kernel.affine(weights().end2, end, logits, frames, Then::store);
  }

  // --- the stream --------------------------------------------------------------------------------

  float next_sample() noexcept {
    const std::int32_t input = last_class == kNoClass ? silence() : last_class;
    advance({&input, 1});
    conclude(1);
    const float* prediction = row<float>(logits, 0);
    last_class = static_cast<std::int32_t>(
        sampler.draw(kernel, prediction, random_bits(seed, stream, position++)));
    return decode(last_class);
  }

  float decode(std::int32_t index) noexcept {
    const ClassCodec& codec = model->codec();
    last_audio = codec.values[static_cast<std::size_t>(index)] + codec.deemphasis * last_audio;
    return last_audio;
  }

  // The newest class stays outside the layers until the next step reads it.
  void prime(std::span<const std::int32_t> classes) noexcept {
    for (const std::int32_t index : classes) decode(index);
    if (last_class != kNoClass) advance({&last_class, 1});
    last_class = classes.back();
    for (auto rest = classes.first(classes.size() - 1); !rest.empty();) {
      const std::size_t frames = std::min(kChunk, rest.size());
      advance(rest.first(frames));
      rest = rest.subspan(frames);
    }
  }

  void predict(std::span<const std::int32_t> classes, float* out) noexcept {
    if (last_class != kNoClass) advance({&last_class, 1});
    last_class = kNoClass;
    for (const std::int32_t index : classes) decode(index);
    while (!classes.empty()) {
      const std::size_t frames = std::min(kChunk, classes.size());
      advance(classes.first(frames));
      conclude(frames);
      for (std::size_t frame = 0; frame < frames; ++frame, out += shape().classes) {
        std::copy_n(row<float>(logits, frame), shape().classes, out);
      }
      classes = classes.subspan(frames);
    }
  }

  void check_classes(std::span<const std::int32_t> classes) const {
    const auto limit = static_cast<std::int32_t>(shape().classes);
    const auto bad = std::ranges::find_if(
        classes, [limit](std::int32_t index) { return index < 0 || index >= limit; });
    if (bad != classes.end()) {
      throw Refusal("BAD_CLASS", "class " + std::to_string(*bad) + " does not exist.",
                    "Classes run from 0 to " + std::to_string(limit - 1) + ".");
    }
  }

  std::shared_ptr<const WavenetModel> model;
  const Kernels& kernel;
  Sampler sampler;
  std::uint64_t seed;
  std::uint64_t stream;

  std::int32_t last_class = kNoClass;
  float last_audio = 0.0F;
  std::uint64_t position = 0;  // samples generated
  AlignedBuffer<float> history;
  std::vector<std::int32_t> heard;  // the classes before that the first layer needs, then new ones
  std::vector<DilatedTaps> memory;  // one a layer, views into `history`

  AlignedBuffer<float> dilated_biases;  // per layer, with the condition folded in
  std::vector<double> bias_sums;        // of one layer, while they are folded
  Activations x;
  Activations taps;
  Activations filters_and_gates;
  Activations gated;
  Activations skip;
  Activations end;
  Activations logits;
};

WavenetStream::WavenetStream(std::shared_ptr<const WavenetModel> model,
                             const WavenetStreamOptions& options)
    : state_(std::make_unique<State>(std::move(model), options)) {}

WavenetStream::~WavenetStream() = default;

void WavenetStream::prime(std::span<const std::int32_t> classes) {
  state_->check_classes(classes);
  if (classes.empty()) return;
  const FlushDenormals guard;
  state_->prime(classes);
}

void WavenetStream::process(std::span<float> out) noexcept {
  const FlushDenormals guard;
  for (float& sample : out) sample = state_->next_sample();
}

void WavenetStream::predict(std::span<const std::int32_t> classes, std::span<float> logits) {
  state_->check_classes(classes);
  if (logits.size() != classes.size() * state_->shape().classes) {
    throw Refusal("BAD_BUFFER", "room for " + std::to_string(logits.size()) + " logits was given.",
                  "Give one for every class of every sample.");
  }
  const FlushDenormals guard;
  state_->predict(classes, logits.data());
}

void WavenetStream::steer(std::span<const float> condition) { state_->fold(condition); }

void WavenetStream::reset() noexcept { state_->reset(); }

}  // namespace whisperwave
