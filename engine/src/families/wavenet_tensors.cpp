#include "families/wavenet_tensors.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "number_text.h"
#include "whisperwave/refusal.h"

namespace whisperwave {
namespace {

std::string text(const std::vector<std::size_t>& shape) {
  std::string joined;
  for (const std::size_t size : shape) joined += (joined.empty() ? "" : ", ") + std::to_string(size);
  return "[" + joined + "]";
}

std::string of_layer(std::size_t layer, const char* rest) {
  return "layers." + std::to_string(layer) + "." + rest;
}

// Rows of `channels`, each on a vector of its own.
std::vector<float> padded_rows(std::span<const float> values, std::size_t channels) {
  std::vector<float> rows(values.size() / channels * padded(channels));
  for (std::size_t r = 0; r * channels < values.size(); ++r) {
    std::ranges::copy(values.subspan(r * channels, channels), rows.data() + r * padded(channels));
  }
  return rows;
}

void fill(PaddedMatrix& matrix, std::span<const float> values, std::size_t block) {
  std::size_t next = 0;
  for (std::size_t output = 0; output < matrix.outputs().size(); ++output) {
    for (std::size_t input = 0; input < matrix.inputs().channels; ++input) {
      matrix.at(output, matrix.inputs().place(block, input)) = values[next++];
    }
  }
}

// What an activation may come to. Channels that stay below the least are as good as silent: the
// inverse of their step would pass all floats.
constexpr float kLeastActivation = 1e-30F;
constexpr float kMostActivation = 1e30F;

// Equal steps, `count` up to the largest size of each channel.
Hearing hearing_of(const std::string& name, std::span<const float> most, float count, Sign sign) {
  Hearing hearing{{}, sign, name};
  for (const float value : most) {
    if (!(value >= 0.0F && value <= kMostActivation)) {
      throw Refusal("BAD_CALIBRATION", "'" + name + "' holds " + number_text(value) + ".",
                    "Run `whisperwave quantise` on the model again: it notes the sizes of "
                    "activations, 0 to " + number_text(kMostActivation) + ".");
    }
    hearing.steps.push_back(value < kLeastActivation ? 0.0F : value / count);
  }
  hearing.steps.resize(padded(hearing.steps.size()));
  return hearing;
}

}  // namespace

std::span<const float> WavenetTensors::checked(const std::string& name,
                                               const std::vector<std::size_t>& shape) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) {
    throw Refusal("MISSING_TENSOR", "the weights have no '" + name + "'.",
                  "Use the model file of a WaveNet, written whole.");
  }
  std::size_t size = 1;
  for (const std::size_t extent : shape) size *= extent;  // bounded by check(WavenetShape)
  if (found->second.shape != shape || found->second.values.size() != size) {
    throw Refusal("BAD_TENSOR", "'" + name + "' has shape " + text(found->second.shape) +
                                    ", the configuration asks for " + text(shape) + ".",
                  "The configuration and the weights must be of one model.");
  }
  const auto values = found->second.values;
  if (!std::ranges::all_of(values, [](float value) { return std::isfinite(value); })) {
    throw Refusal("NONFINITE", "'" + name + "' holds a value that is not finite.",
                  "Train again, or use a checkpoint from before the training broke.");
  }
  return values;
}

std::vector<std::span<const float>> WavenetTensors::of_all_layers(
    const char* name, const std::vector<std::size_t>& shape) const {
  std::vector<std::span<const float>> weights;
  for (std::size_t layer = 0; layer < shape_.layers(); ++layer) {
    weights.push_back(checked(of_layer(layer, name), shape));
  }
  return weights;
}

std::vector<float> WavenetTensors::embedding() const {
  const std::size_t heard = shape_.head == Head::softmax ? shape_.classes : shape_.channels;
  const std::size_t rows = shape_.initial_kernel_size * heard;
  return padded_rows(checked("embedding.weight", {rows, shape_.residual_channels}),
                     shape_.residual_channels);
}

std::vector<float> WavenetTensors::embedding_bias() const {
  return bias("embedding.bias", shape_.residual_channels);
}

// Of [2D, R, k]: filters and gates as two blocks of outputs, taps as blocks of inputs.
PaddedMatrix WavenetTensors::dilated(std::size_t layer, std::size_t first_tap,
                                     std::size_t taps) const {
  const std::size_t dilation = shape_.dilation_channels;
  const std::size_t residual = shape_.residual_channels;
  const std::size_t kernel = shape_.kernel_size;
  const auto values =
      checked(of_layer(layer, "dilated.weight"), {2 * dilation, residual, kernel});
  PaddedMatrix matrix({2, dilation}, {taps, residual});
  for (std::size_t output = 0; output < 2 * dilation; ++output) {
    const std::size_t place = matrix.outputs().place(output / dilation, output % dilation);
    for (std::size_t input = 0; input < residual; ++input) {
      for (std::size_t tap = 0; tap < taps; ++tap) {
        matrix.at(place, matrix.inputs().place(tap, input)) =
            values[(output * residual + input) * kernel + first_tap + tap];
      }
    }
  }
  return matrix;
}

std::vector<float> WavenetTensors::dilated_bias(std::size_t layer) const {
  const std::size_t dilation = shape_.dilation_channels;
  return padded_rows(checked(of_layer(layer, "dilated.bias"), {2 * dilation}), dilation);
}

PaddedMatrix WavenetTensors::conditioning() const {
  const std::size_t numbers = shape_.conditioning_channels;
  const std::size_t dilation = shape_.dilation_channels;
  const ChannelBlocks outputs = {2 * shape_.layers(), dilation};
  if (numbers == 0) return {outputs, {1, 0}};
  const auto weights = of_all_layers("conditioning.weight", {2 * dilation, numbers});
  PaddedMatrix matrix(outputs, {1, numbers});
  for (std::size_t layer = 0; layer < shape_.layers(); ++layer) {
    const auto values = weights[layer];
    for (std::size_t output = 0; output < 2 * dilation; ++output) {
      const std::size_t place =
          matrix.outputs().place(2 * layer + output / dilation, output % dilation);
      for (std::size_t g = 0; g < numbers; ++g) matrix.at(place, g) = values[output * numbers + g];
    }
  }
  return matrix;
}

PaddedMatrix WavenetTensors::residual(std::size_t layer) const {
  return dense(of_layer(layer, "residual"), shape_.residual_channels, shape_.dilation_channels);
}

std::vector<float> WavenetTensors::residual_bias(std::size_t layer) const {
  return bias(of_layer(layer, "residual.bias"), shape_.residual_channels);
}

PaddedMatrix WavenetTensors::skip() const {
  const std::size_t dilation = shape_.dilation_channels;
  const auto weights = of_all_layers("skip.weight", {shape_.skip_channels, dilation});
  PaddedMatrix matrix({1, shape_.skip_channels}, {shape_.layers(), dilation});
  for (std::size_t layer = 0; layer < shape_.layers(); ++layer) fill(matrix, weights[layer], layer);
  return matrix;
}

PaddedMatrix WavenetTensors::dense(const std::string& name, std::size_t outputs,
                                   std::size_t inputs) const {
  const auto values = checked(name + ".weight", {outputs, inputs});
  PaddedMatrix matrix({1, outputs}, {1, inputs});
  fill(matrix, values, 0);
  return matrix;
}

std::vector<float> WavenetTensors::bias(const std::string& name, std::size_t channels) const {
  return padded_rows(checked(name, {channels}), channels);
}

Hearing WavenetTensors::layer_hearing(std::size_t layer) const {
  const std::string name = "calibration.layers";
  const std::size_t channels = shape_.residual_channels;
  const auto most = checked(name, {shape_.layers(), channels});
  return hearing_of(name, most.subspan(layer * channels, channels), kByteSteps, Sign::both);
}

Hearing WavenetTensors::hearing(const std::string& name, std::size_t channels) const {
  return hearing_of(name, checked(name, {channels}), 255.0F, Sign::positive);
}

}  // namespace whisperwave
