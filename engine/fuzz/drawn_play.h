// What both kinds of stream are given: drawn from bytes, mostly what fits the model.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "choices.h"
#include "whisperwave/wavenet.h"

namespace whisperwave::fuzzing {

// A style and controls for a model of this shape.
inline std::vector<float> drawn_condition(Choices& choices, const WavenetShape& shape) {
  std::vector<float> condition(shape.conditioning_channels + (choices.rarely() ? 1 : 0), 0.25F);
  for (std::size_t i = 0; i < std::min<std::size_t>(condition.size(), 3); ++i) {
    condition[i] = choices.number(0.25F);
  }
  return condition;
}

// Numbers within 1, a few of them strange; up to 59 frames, more than priming takes at once.
inline std::vector<float> drawn_values(Choices& choices, std::size_t channels) {
  std::vector<float> values(choices.between(0, 59) * channels + (choices.rarely() ? 1 : 0));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(i * 37 % 65) / 32.0F - 1.0F;
  }
  if (!values.empty() && choices.rarely()) {
    values[choices.byte() % values.size()] = choices.number(1.0F);
  }
  return values;
}

}  // namespace whisperwave::fuzzing
