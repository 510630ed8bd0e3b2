#include "drawn_model.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "kernels/kernels.h"
#include "whisperwave/refusal.h"

namespace whisperwave::fuzzing {
namespace {

constexpr std::size_t kMostWeights = 1U << 16U;
constexpr std::size_t kMostMemory = 1U << 20U;  // numbers that a stream remembers

std::vector<std::size_t> drawn_dilations(Choices& choices) {
  std::vector<std::size_t> dilations(std::min<std::size_t>(choices.size(3), 5000), 1);
  for (std::size_t i = 0; i < std::min<std::size_t>(dilations.size(), 3); ++i) {
    dilations[i] = choices.size(12);
  }
  return dilations;
}

WavenetShape drawn_shape(Choices& choices) {
  WavenetShape shape;
  shape.head = choices.one_of(
      std::array{Head::softmax, Head::logistics, Head::gaussians, Head::numbers});
  shape.dilations = drawn_dilations(choices);
  shape.kernel_size = choices.size(3);
  shape.residual_channels = choices.size(20);
  shape.dilation_channels = choices.size(20);
  shape.skip_channels = choices.size(20);
  shape.end_channels = choices.size(20);
  shape.conditioning_channels = choices.size(4) - 1;
  shape.initial_kernel_size = choices.size(4);
  if (shape.head == Head::softmax) {
    shape.classes = choices.size(40) + 1;
  } else {
    shape.channels = choices.size(3);
    shape.components = shape.head == Head::numbers ? 0 : choices.size(4);
    shape.numbers = shape.head == Head::numbers ? choices.size(20) : 0;
  }
  if (choices.rarely()) shape.numbers = choices.size(2);
  if (choices.rarely()) shape.components = choices.size(2);
  if (choices.rarely()) shape.channels = choices.size(2);
  return shape;
}

bool is_refused(const WavenetShape& shape) {
  try {
    check(shape);
    return false;
  } catch (const Refusal&) {
    return true;
  }
}

// About as many as are packed, of a shape that `check` has let pass.
std::size_t weights(const WavenetShape& s) {
  const std::size_t residual = padded(s.residual_channels);
  const std::size_t dilated = padded(s.dilation_channels);
  const std::size_t skip = padded(s.skip_channels);
  const std::size_t layer =
      dilated * (2 * s.kernel_size * residual + 2 * s.conditioning_channels + residual + skip);
  return s.layers() * layer + padded(s.end_channels) * (skip + padded(s.outputs())) +
         s.initial_kernel_size * (s.classes + s.channels) * residual;
}

// A shape that is refused, or too large to make tensors for, gets those of another.
WavenetShape affordable(const WavenetShape& shape) {
  return !is_refused(shape) && weights(shape) <= kMostWeights ? shape : testing::small_shape();
}

}  // namespace

DrawnModel::DrawnModel(Choices& choices)
    : shape_(drawn_shape(choices)),
      precision_(choices.one_of(std::to_array(testing::kPrecisions))),
      network_(affordable(shape_), choices.byte()),
      tensors_(network_.tensors()),
      codec_(network_.codec(0.5F)) {
  const std::uint8_t faults = choices.byte();
  for (int fault = 0; faults >= 128 && fault <= faults % 3; ++fault) damage(choices);
}

std::shared_ptr<const WavenetModel> DrawnModel::wavenet(InstructionSet set) const {
  return std::make_shared<const WavenetModel>(shape_, tensors_, codec_, precision_, set);
}

std::shared_ptr<const ConvnetModel> DrawnModel::convnet(InstructionSet set) const {
  return std::make_shared<const ConvnetModel>(shape_, tensors_, precision_, set);
}

bool DrawnModel::is_small() const {
  return !is_refused(shape_) && shape_.reach() * padded(shape_.residual_channels) <= kMostMemory;
}

void DrawnModel::damage(Choices& choices) {
  const std::size_t place = choices.between(0, tensors_.size());
  if (place == tensors_.size()) return damage_codec(choices);
  const auto tensor = std::next(tensors_.begin(), static_cast<std::ptrdiff_t>(place));
  if (choices.rarely()) {
    tensors_.erase(tensor);
  } else {
    damage_tensor(choices, tensor->second);
  }
}

void DrawnModel::damage_tensor(Choices& choices, Tensor& tensor) {
  std::vector<float>& values = damaged_.emplace_back(tensor.values.begin(), tensor.values.end());
  switch (choices.between(0, 5)) {
    case 0: std::ranges::fill(values, choices.number(0.0F)); break;
    case 1: values.resize(values.size() / 2); break;
    case 2: std::ranges::reverse(tensor.shape); break;
    case 3: tensor.shape.push_back(choices.size(2)); break;
    case 4: {
      const float factor = choices.number(1000.0F);
      for (float& value : values) value *= factor;
      break;
    }
    default:
      if (!values.empty()) values[choices.word() % values.size()] = choices.number(1e38F);
  }
  tensor.values = values;
}

void DrawnModel::damage_codec(Choices& choices) {
  switch (choices.between(0, 3)) {
    case 0: codec_.limit = choices.number(2.0F); break;
    case 1: codec_.deemphasis = choices.number(0.95F); break;
    case 2: codec_.silence = static_cast<std::uint32_t>(choices.size(70)); break;
    default:
      codec_.values.push_back(choices.number(1.0F));
      std::swap(codec_.values.front(), codec_.values.back());
      if (!choices.rarely()) codec_.values.pop_back();
  }
}

}  // namespace whisperwave::fuzzing
