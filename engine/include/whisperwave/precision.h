// In which numbers a network computes: fewer bits are fewer bytes to read for every sample.
#pragma once

#include <string_view>

namespace whisperwave {

enum class Precision {
  float32,   // the reference
  bfloat16,  // weights of 16 bits; activations and sums stay float32
  int8       // weights and activations of 8 bits, sums of 32: the same bits on every processor
};

std::string_view name_of(Precision precision) noexcept;

// The precision called `name`. Throws Refusal.
Precision precision(std::string_view name);

}  // namespace whisperwave
