#include "families/wavenet_weights.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "whisperwave/refusal.h"

namespace whisperwave {
namespace {

std::string text(const std::vector<std::size_t>& shape) {
  std::string joined;
  for (const std::size_t size : shape) joined += (joined.empty() ? "" : ", ") + std::to_string(size);
  return "[" + joined + "]";
}

// The values of the tensor called `name`, refused unless it has this shape and is finite.
std::span<const float> checked(const Tensors& tensors, const std::string& name,
                               const std::vector<std::size_t>& shape) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) {
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

// Takes tensors out of training's names and layouts, one matrix at a time.
class WavenetPacker {
 public:
  WavenetPacker(const WavenetShape& shape, const Tensors& tensors)
      : shape_(shape), tensors_(tensors) {}

  WavenetWeights pack() {
    weights_.embedding = embedding();
    for (std::size_t layer = 0; layer < shape_.layers(); ++layer) {
      weights_.layers.push_back({add(dilated(layer), dilated_bias(layer)), residual_of(layer)});
      if (shape_.conditioning_channels > 0) weights_.conditioning.push_back(conditioning(layer));
    }
    weights_.skip = add(skip(), plain("skip_bias", shape_.skip_channels));
    weights_.end1 = dense("end1", shape_.end_channels, shape_.skip_channels);
    weights_.end2 = dense("end2", shape_.classes, shape_.end_channels);
    settle();
    return std::move(weights_);
  }

 private:
  static std::string name(std::size_t layer, const char* rest) {
    return "layers." + std::to_string(layer) + "." + rest;
  }

  AlignedBuffer<float> embedding() const {
    const std::size_t channels = shape_.residual_channels;
    const std::size_t count = shape_.initial_kernel_size * shape_.classes;
    const auto values = checked(tensors_, "embedding.weight", {count, channels});
    AlignedBuffer<float> rows(count * padded(channels));
    for (std::size_t c = 0; c < count; ++c) {
      std::copy_n(values.data() + c * channels, channels, rows.data() + c * padded(channels));
    }
    return rows;
  }

  // [2D, R, k] -> filters and gates as two blocks of outputs, taps as k blocks of inputs.
  PaddedMatrix dilated(std::size_t layer) const {
    const std::size_t dilation = shape_.dilation_channels;
    const std::size_t residual = shape_.residual_channels;
    const std::size_t taps = shape_.kernel_size;
    const auto values =
        checked(tensors_, name(layer, "dilated.weight"), {2 * dilation, residual, taps});
    PaddedMatrix matrix({2, dilation}, {taps, residual});
    std::size_t next = 0;
    for (std::size_t output = 0; output < 2 * dilation; ++output) {
      const std::size_t place = matrix.outputs().place(output / dilation, output % dilation);
      for (std::size_t input = 0; input < residual; ++input) {
        for (std::size_t tap = 0; tap < taps; ++tap) {
          matrix.at(place, matrix.inputs().place(tap, input)) = values[next++];
        }
      }
    }
    return matrix;
  }

  std::vector<float> dilated_bias(std::size_t layer) const {
    const std::size_t dilation = shape_.dilation_channels;
    const auto values = checked(tensors_, name(layer, "dilated.bias"), {2 * dilation});
    std::vector<float> bias(2 * padded(dilation));
    std::copy_n(values.data(), dilation, bias.data());
    std::copy_n(values.data() + dilation, dilation, bias.data() + padded(dilation));
    return bias;
  }

  Affine residual_of(std::size_t layer) {
    if (layer + 1 == shape_.layers()) return {};
    return dense(name(layer, "residual"), shape_.residual_channels, shape_.dilation_channels);
  }

  // [2D, G] -> one row for each number of the condition, laid out like the biases it adds to.
  AlignedBuffer<float> conditioning(std::size_t layer) const {
    const ChannelBlocks outputs = {2, shape_.dilation_channels};
    const std::size_t width = 2 * padded(outputs.channels);
    const std::size_t numbers = shape_.conditioning_channels;
    const auto values =
        checked(tensors_, name(layer, "conditioning.weight"), {outputs.size(), numbers});
    AlignedBuffer<float> rows(numbers * width);
    for (std::size_t output = 0; output < outputs.size(); ++output) {
      const std::size_t place = outputs.place(output / outputs.channels, output % outputs.channels);
      for (std::size_t g = 0; g < numbers; ++g) {
        rows.data()[g * width + place] = values[output * numbers + g];
      }
    }
    return rows;
  }

  PaddedMatrix skip() const {
    const std::size_t dilation = shape_.dilation_channels;
    PaddedMatrix matrix({1, shape_.skip_channels}, {shape_.layers(), dilation});
    for (std::size_t layer = 0; layer < shape_.layers(); ++layer) {
      const auto values =
          checked(tensors_, name(layer, "skip.weight"), {shape_.skip_channels, dilation});
      fill(matrix, values, layer);
    }
    return matrix;
  }

  Affine dense(const std::string& layer, std::size_t outputs, std::size_t inputs) {
    PaddedMatrix matrix({1, outputs}, {1, inputs});
    fill(matrix, checked(tensors_, layer + ".weight", {outputs, inputs}), 0);
    return add(matrix, plain(layer + ".bias", outputs));
  }

  static void fill(PaddedMatrix& matrix, std::span<const float> values, std::size_t block) {
    std::size_t next = 0;
    for (std::size_t output = 0; output < matrix.outputs().size(); ++output) {
      for (std::size_t input = 0; input < matrix.inputs().channels; ++input) {
        matrix.at(output, matrix.inputs().place(block, input)) = values[next++];
      }
    }
  }

  std::vector<float> plain(const std::string& tensor, std::size_t channels) const {
    const auto values = checked(tensors_, tensor, {channels});
    std::vector<float> bias(padded(channels));
    std::ranges::copy(values, bias.begin());
    return bias;
  }

  // Until all sizes are known an Affine holds offsets; `settle` turns them into addresses.
  Affine add(const PaddedMatrix& matrix, const std::vector<float>& bias) {
    pieces_.push_back({matrices_.size(), biases_.size()});
    matrices_.resize(matrices_.size() + matrix.padded_outputs() * matrix.padded_inputs());
    matrix.pack(matrices_.data() + pieces_.back().matrix);
    biases_.insert(biases_.end(), bias.begin(), bias.end());
    return {nullptr, nullptr, matrix.padded_inputs(), matrix.padded_outputs()};
  }

  void settle() {
    weights_.matrices = AlignedBuffer<float>(matrices_.size());
    weights_.biases = AlignedBuffer<float>(biases_.size());
    std::ranges::copy(matrices_, weights_.matrices.data());
    std::ranges::copy(biases_, weights_.biases.data());
    auto piece = pieces_.begin();
    for (Affine* affine : in_order_of_adding()) {
      affine->weights = weights_.matrices.data() + piece->matrix;
      affine->bias = weights_.biases.data() + piece->bias;
      ++piece;
    }
  }

  std::vector<Affine*> in_order_of_adding() {
    std::vector<Affine*> all;
    for (auto& layer : weights_.layers) {
      all.push_back(&layer.dilated);
      if (layer.residual.outputs > 0) all.push_back(&layer.residual);
    }
    all.insert(all.end(), {&weights_.skip, &weights_.end1, &weights_.end2});
    return all;
  }

  struct Piece {
    std::size_t matrix;
    std::size_t bias;
  };

  const WavenetShape& shape_;
  const Tensors& tensors_;
  WavenetWeights weights_;
  std::vector<Piece> pieces_;
  std::vector<float> matrices_;
  std::vector<float> biases_;
};

}  // namespace

WavenetWeights pack_wavenet(const WavenetShape& shape, const Tensors& tensors) {
  return WavenetPacker(shape, tensors).pack();
}

}  // namespace whisperwave
