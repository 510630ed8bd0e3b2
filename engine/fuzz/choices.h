// Bytes, read as choices. Where they end, every further choice is the ordinary one: so short inputs
// get deep, and an input that is cut stays a case.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace whisperwave::fuzzing {

class Choices {
 public:
  explicit Choices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  bool any_left() const noexcept { return !bytes_.empty(); }

  std::uint8_t byte() noexcept {
    if (bytes_.empty()) return 0;
    const std::uint8_t first = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return first;
  }

  // Once in sixteen bytes.
  bool rarely() noexcept { return byte() >= kStrange; }

  std::uint64_t word() noexcept {
    std::uint64_t word = 0;
    for (unsigned shift = 0; shift < 64; shift += 8) word |= std::uint64_t{byte()} << shift;
    return word;
  }

  std::size_t between(std::size_t least, std::size_t most) noexcept {
    return least + byte() % (most - least + 1);
  }

  // One of 1 to `most`; or, from a strange byte, a size that arithmetic must survive.
  std::size_t size(std::size_t most) noexcept {
    const std::uint8_t choice = byte();
    return choice < kStrange ? 1 + choice % most : kStrangeSizes[choice - kStrange];
  }

  // `usual`; or a number near 0; or, from a strange byte, one that floats stumble over.
  float number(float usual) noexcept {
    const std::uint8_t choice = byte();
    if (choice < 128) return usual;
    if (choice < kStrange) return (static_cast<float>(choice) - 184.0F) / 16.0F;
    if (choice == kStrange) return std::bit_cast<float>(static_cast<std::uint32_t>(word()));
    return kStrangeNumbers[choice - kStrange];
  }

  template <class T, std::size_t kCount>
  const T& one_of(const std::array<T, kCount>& choices) noexcept {
    return choices[byte() % kCount];
  }

 private:
  static constexpr std::uint8_t kStrange = 240;
  static constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();
  // The borders of what a shape may be, of 31, 32 and 63 bits, and of products of two sizes.
  static constexpr std::array<std::size_t, 16> kStrangeSizes = {
      0,       128,         1024,        1025,         4096,        4097,
      1 << 16, (1 << 16) + 1, 1 << 23, (1 << 23) + 1, std::size_t{1} << 31,
      std::size_t{1} << 32, (std::size_t{1} << 32) + 1, std::size_t{1} << 60, kMost / 2 + 1, kMost};
  static constexpr float kInfinity = std::numeric_limits<float>::infinity();
  static constexpr float kLargest = std::numeric_limits<float>::max();
  static constexpr std::array<float, 16> kStrangeNumbers = {
      0.0F,  -0.0F, 1.0F,      -1.0F,     kInfinity, -kInfinity, std::numeric_limits<float>::quiet_NaN(),
      1e-45F, 1e-38F, kLargest, -kLargest, 1e20F,     -1e20F,     2147483648.0F, 0.99999994F, 1e-7F};

  std::span<const std::uint8_t> bytes_;
};

}  // namespace whisperwave::fuzzing
