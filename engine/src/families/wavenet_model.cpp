#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "families/wavenet_weights.h"
#include "number_text.h"
#include "whisperwave/refusal.h"
#include "whisperwave/wavenet.h"

namespace whisperwave {
namespace {

constexpr float kLoudest = 1e6F;

WavenetShape checked(const WavenetShape& shape) {
  check(shape);
  return shape;
}

void check_values(const SampleCodec& codec, const WavenetShape& shape) {
  const bool finite =
      std::ranges::all_of(codec.values, [](float value) { return std::isfinite(value); });
  if (codec.values.size() != shape.classes || !finite) {
    throw Refusal("BAD_CODEC",
                  "the codec gives " + std::to_string(codec.values.size()) + " values for " +
                      std::to_string(shape.classes) + " classes, or values that are not finite.",
                  "Give one finite value for each class.");
  }
  if (shape.head == Head::softmax && codec.silence >= shape.classes) {
    throw Refusal("BAD_CODEC", "class " + std::to_string(codec.silence) + " cannot be silence.",
                  "Classes run from 0 to " + std::to_string(shape.classes - 1) + ".");
  }
}

// The loudest that de-emphasis can come to: a filter that never forgets adds up to 1 / (1 - d).
void check_loudness(const SampleCodec& codec) {
  float most = codec.limit;
  for (const float value : codec.values) most = std::max(most, std::abs(value));
  if (most / (1.0F - codec.deemphasis) <= kLoudest) return;
  throw Refusal("BAD_CODEC",
                "values of up to " + number_text(most) + " and a deemphasis of " +
                    number_text(codec.deemphasis) + " could add up to more than " +
                    number_text(kLoudest) + ".",
                "Use a smaller limit, or less deemphasis; audio lies within about 1.");
}

SampleCodec checked(SampleCodec codec, const WavenetShape& shape) {
  check_values(codec, shape);
  if (!(codec.limit > 0.0F && std::isfinite(codec.limit))) {
    throw Refusal("BAD_CODEC", "limit is " + number_text(codec.limit) + ".",
                  "Use a positive number: the largest value that can be said.");
  }
  if (!(codec.deemphasis >= 0.0F && codec.deemphasis < 1.0F)) {
    throw Refusal("BAD_CODEC", "deemphasis is " + number_text(codec.deemphasis) + ".",
                  "Use a coefficient of at least 0 and less than 1, or the filter never settles.");
  }
  check_loudness(codec);
  return codec;
}

InstructionSet checked(InstructionSet set) {
  check(set);
  return set;
}

}  // namespace

WavenetModel::WavenetModel(const WavenetShape& shape, const Tensors& tensors, SampleCodec codec,
                           Precision precision, InstructionSet instruction_set)
    : shape_(checked(shape)),
      codec_(checked(std::move(codec), shape_)),
      precision_(precision),
      instruction_set_(checked(instruction_set)),
      weights_(std::make_unique<const WavenetWeights>(pack_wavenet(shape_, tensors, precision))) {}

WavenetModel::~WavenetModel() = default;

std::size_t WavenetModel::bytes_per_sample() const noexcept { return weights_->bytes_per_sample; }

}  // namespace whisperwave
