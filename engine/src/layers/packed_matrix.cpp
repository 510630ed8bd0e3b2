#include "layers/packed_matrix.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

#include "whisperwave/refusal.h"

namespace whisperwave {
namespace {

constexpr std::size_t kLine = 64;  // of a cache; also the widest vector
constexpr std::size_t kMostInputs = std::size_t{1} << 16U;  // 127 * 255 * 2^16 fits 31 bits

constexpr std::size_t lines(std::size_t bytes) noexcept { return (bytes + kLine - 1) / kLine * kLine; }

// To the nearest of 16 bits, to even on ties; the largest floats stay finite.
std::uint16_t rounded(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t up = bits + 0x7FFFU + ((bits >> 16U) & 1U);
  const bool infinite = (up & 0x7F800000U) == 0x7F800000U;
  return static_cast<std::uint16_t>((infinite ? bits : up) >> 16U);
}

// Visit the cells in the order in which they lie: visit(first output, first input).
template <class Visit>
void for_each_cell(const PaddedMatrix& matrix, std::size_t inputs, Visit visit) {
  constexpr std::size_t kPanel = kPanelVectors * kLanes;
  for (std::size_t first = 0; first < matrix.padded_outputs(); first += kPanel) {
    const std::size_t last = std::min(first + kPanel, matrix.padded_outputs());
    for (std::size_t input = 0; input < matrix.padded_inputs(); input += inputs) {
      for (std::size_t output = first; output < last; output += kLanes) visit(output, input);
    }
  }
}

// Appends to the bytes of a matrix.
class Cells {
 public:
  explicit Cells(std::vector<std::byte>& bytes) : bytes_(bytes) {}
  template <class T>
  void append(T value) {
    const auto* first = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), first, first + sizeof value);
  }

 private:
  std::vector<std::byte>& bytes_;
};

void pack_float32(const PaddedMatrix& matrix, Cells cells) {
  for_each_cell(matrix, 2, [&](std::size_t output, std::size_t input) {
    for (std::size_t i = input; i < input + 2; ++i) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) cells.append(matrix.at(output + lane, i));
    }
  });
}

void pack_bfloat16(const PaddedMatrix& matrix, Cells cells) {
  for_each_cell(matrix, 2, [&](std::size_t output, std::size_t input) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::uint32_t even = rounded(matrix.at(output + lane, input));
      const std::uint32_t odd = rounded(matrix.at(output + lane, input + 1));
      cells.append(even | odd << 16U);
    }
  });
}

// To the nearest, to even on ties; whatever is given, even NaN, becomes a number that a byte holds.
std::int8_t whole_byte(float steps) noexcept {
  const float whole = std::nearbyint(steps);
  if (!(whole > -kByteSteps)) return -127;
  return static_cast<std::int8_t>(std::min(whole, kByteSteps));
}

// Each row in steps of a 127th of its largest weight, once the steps of the inputs are in it.
class Rows {
 public:
  Rows(const PaddedMatrix& matrix, const Hearing& hearing, PackedMatrix& packed)
      : matrix_(matrix), hearing_(hearing), packed_(packed) {
    for (std::size_t output = 0; output < matrix.padded_outputs(); ++output) {
      packed.scales.push_back(scale(output));
      packed.offsets.push_back(offset(output));
    }
  }

  std::int8_t weight(std::size_t output, std::size_t input) const {
    const float scale = packed_.scales[output];
    return scale == 0.0F ? std::int8_t{0} : whole_byte(heard(output, input) / scale);
  }

 private:
  float heard(std::size_t output, std::size_t input) const {
    return matrix_.at(output, input) * hearing_.steps[input];
  }
  float scale(std::size_t output) const {
    float most = 0.0F;
    for (std::size_t i = 0; i < matrix_.padded_inputs(); ++i) {
      most = std::max(most, std::abs(heard(output, i)));
    }
    if (std::isfinite(most)) return most / kByteSteps;
    throw Refusal("BAD_CALIBRATION",
                  "what '" + hearing_.name + "' holds, times a weight, passes all floats.",
                  "Run `whisperwave quantise` on the model again, or play it in float32.");
  }
  std::int32_t offset(std::size_t output) const {
    if (hearing_.sign == Sign::positive) return 0;
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < matrix_.padded_inputs(); ++i) sum += weight(output, i);
    return -128 * sum;
  }

  const PaddedMatrix& matrix_;
  const Hearing& hearing_;
  PackedMatrix& packed_;
};

void pack_int8(const PaddedMatrix& matrix, const Hearing& hearing, PackedMatrix& packed) {
  if (matrix.padded_inputs() > kMostInputs) {
    throw Refusal("TOO_LARGE",
                  "a layer has " + std::to_string(matrix.padded_inputs()) + " inputs.",
                  "In int8 at most 65536 can be summed; use float32 or bfloat16.");
  }
  const Rows rows(matrix, hearing, packed);
  Cells cells(packed.cells);
  for_each_cell(matrix, 8, [&](std::size_t output, std::size_t input) {
    for (std::size_t first = input; first < input + 8; first += 4) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        for (std::size_t i = first; i < first + 4; ++i) cells.append(rows.weight(output + lane, i));
      }
    }
  });
}

}  // namespace

std::vector<float> inverses(std::span<const float> steps) {
  std::vector<float> inverse;
  for (const float step : steps) inverse.push_back(step > 0.0F ? 1.0F / step : 0.0F);
  return inverse;
}

PackedMatrix pack(Precision precision, const PaddedMatrix& matrix, std::vector<float> bias,
                  const Hearing& hearing) {
  PackedMatrix packed;
  packed.bias = std::move(bias);
  packed.inputs = matrix.padded_inputs();
  packed.outputs = matrix.padded_outputs();
  packed.cells.reserve(packed.inputs * packed.outputs * sizeof(float));
  switch (precision) {
    case Precision::float32: pack_float32(matrix, Cells(packed.cells)); break;
    case Precision::bfloat16: pack_bfloat16(matrix, Cells(packed.cells)); break;
    case Precision::int8: pack_int8(matrix, hearing, packed); break;
  }
  return packed;
}

std::size_t Arena::room(const PackedMatrix& m) noexcept {
  return lines(m.cells.size()) + lines(m.bias.size() * sizeof(float)) +
         lines(m.scales.size() * sizeof(float)) + lines(m.offsets.size() * sizeof(std::int32_t));
}

std::size_t Arena::room(std::span<const float> numbers) noexcept {
  return lines(numbers.size_bytes());
}

Affine Arena::put(const PackedMatrix& m) noexcept {
  Affine affine;
  affine.bias = copied(std::span(m.bias));
  affine.offsets = copied(std::span(m.offsets));
  affine.scales = copied(std::span(m.scales));
  affine.cells = copied(std::span(m.cells));
  affine.inputs = m.inputs;
  affine.outputs = m.outputs;
  return affine;
}

const float* Arena::put(std::span<const float> numbers) noexcept { return copied(numbers); }

template <class T>
const T* Arena::copied(std::span<const T> numbers) noexcept {
  if (numbers.empty()) return nullptr;
  std::byte* place = memory_.data() + used_;
  std::memcpy(place, numbers.data(), numbers.size_bytes());
  used_ += lines(numbers.size_bytes());
  return reinterpret_cast<const T*>(place);
}

}  // namespace whisperwave
