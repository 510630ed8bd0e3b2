// A matrix in the order and the numbers in which kernels read it, and one block of memory for all
// matrices of a model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "aligned_buffer.h"
#include "layers/padded_matrix.h"
#include "whisperwave/precision.h"

namespace whisperwave {

// How the inputs of an int8 product are heard: the step of each padded input channel, 0 for one
// that is never anything but 0, and whether the bytes lie around 128.
struct Hearing {
  std::vector<float> steps;
  Sign sign = Sign::both;
  std::string name{};  // of the tensor that says so
};

std::vector<float> inverses(std::span<const float> steps);

struct PackedMatrix {
  std::vector<std::byte> cells;
  std::vector<float> bias;
  std::vector<float> scales;           // int8
  std::vector<std::int32_t> offsets;   // int8
  std::size_t inputs = 0;
  std::size_t outputs = 0;
};

// `bias` has one number for each padded output; `hearing` is read in int8 alone. Throws Refusal if
// sums of so many inputs could pass 32 bits, or a weight times a step all floats.
PackedMatrix pack(Precision precision, const PaddedMatrix& matrix, std::vector<float> bias,
                  const Hearing& hearing);

// One block of memory, filled front to back; every piece begins on a cache line.
class Arena {
 public:
  static std::size_t room(const PackedMatrix& matrix) noexcept;
  static std::size_t room(std::span<const float> numbers) noexcept;

  explicit Arena(std::size_t bytes) : memory_(bytes) {}

  Affine put(const PackedMatrix& matrix) noexcept;
  const float* put(std::span<const float> numbers) noexcept;

  std::size_t used() const noexcept { return used_; }

 private:
  template <class T>
  const T* copied(std::span<const T> numbers) noexcept;

  AlignedBuffer<std::byte> memory_;
  std::size_t used_ = 0;
};

}  // namespace whisperwave
