// The plain kernels: what every other set is tested against, and what runs where there is no other.
#include "kernels/arithmetic.h"
#include "kernels/sets.h"
#include "kernels/weights.h"

#include <bit>
#include <cmath>

namespace whisperwave {
namespace {

struct Lanes {
  float lane[kLanes];

  Lanes() noexcept = default;
  explicit Lanes(float value) noexcept {
    for (float& each : lane) each = value;
  }
  template <class Make>
  static Lanes of(Make make) noexcept {
    Lanes made;
    for (std::size_t i = 0; i < kLanes; ++i) made.lane[i] = make(i);
    return made;
  }
  static Lanes load(const float* p) noexcept {
    return of([=](std::size_t i) { return p[i]; });
  }
  static Lanes load_unaligned(const float* p) noexcept { return load(p); }
  static Lanes load_some(const float* p, std::size_t count, float otherwise) noexcept {
    return of([=](std::size_t i) { return i < count ? p[i] : otherwise; });
  }
  static Lanes low_halves(const std::uint32_t* p) noexcept {
    return of([=](std::size_t i) { return std::bit_cast<float>(p[i] << 16U); });
  }
  static Lanes high_halves(const std::uint32_t* p) noexcept {
    return of([=](std::size_t i) { return std::bit_cast<float>(p[i] & 0xFFFF0000U); });
  }
  static Lanes low_half(std::uint32_t pair) noexcept {
    return Lanes(std::bit_cast<float>(pair << 16U));
  }
  static Lanes high_half(std::uint32_t pair) noexcept {
    return Lanes(std::bit_cast<float>(pair & 0xFFFF0000U));
  }
  static void fetch(const void*) noexcept {}
  static void fetch_far(const void*) noexcept {}

  void store(float* p) const noexcept {
    for (std::size_t i = 0; i < kLanes; ++i) p[i] = lane[i];
  }
  void store_truncated(std::uint32_t* p, std::size_t count) const noexcept {
    for (std::size_t i = 0; i < count; ++i) p[i] = static_cast<std::uint32_t>(lane[i]);
  }
  void store_bytes(std::uint8_t* p, int offset) const noexcept {
    for (std::size_t i = 0; i < kLanes; ++i) {
      p[i] = static_cast<std::uint8_t>(static_cast<int>(std::nearbyint(lane[i])) + offset);
    }
  }
  void store_bfloat16(Bfloat16* p) const noexcept {
    for (std::size_t i = 0; i < kLanes; ++i) {
      const auto bits = std::bit_cast<std::uint32_t>(lane[i]);
      p[i] = static_cast<Bfloat16>((bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U);
    }
  }
  Lanes positive() const noexcept {
    return of([this](std::size_t i) { return lane[i] > 0.0F ? lane[i] : 0.0F; });
  }
  float largest() const noexcept {
    float most = lane[0];
    for (const float each : lane) most = each > most ? each : most;
    return most;
  }
  std::size_t first_equal(float value) const noexcept {
    std::size_t i = 0;
    while (i < kLanes && lane[i] != value) ++i;
    return i;
  }
};

Lanes operator+(const Lanes& a, const Lanes& b) noexcept {
  return Lanes::of([&](std::size_t i) { return a.lane[i] + b.lane[i]; });
}
Lanes operator-(const Lanes& a, const Lanes& b) noexcept {
  return Lanes::of([&](std::size_t i) { return a.lane[i] - b.lane[i]; });
}
Lanes operator*(const Lanes& a, const Lanes& b) noexcept {
  return Lanes::of([&](std::size_t i) { return a.lane[i] * b.lane[i]; });
}
Lanes operator/(const Lanes& a, const Lanes& b) noexcept {
  return Lanes::of([&](std::size_t i) { return a.lane[i] / b.lane[i]; });
}
Lanes fma(const Lanes& a, const Lanes& b, const Lanes& c) noexcept {
  return Lanes::of([&](std::size_t i) { return std::fma(a.lane[i], b.lane[i], c.lane[i]); });
}
Lanes larger(const Lanes& a, const Lanes& b) noexcept {
  return Lanes::of([&](std::size_t i) { return a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]; });
}
Lanes clamp(const Lanes& x, float low, float high) noexcept {
  return Lanes::of([&](std::size_t i) {
    const float raised = x.lane[i] > low ? x.lane[i] : low;  // false for NaN
    return raised < high ? raised : high;
  });
}
Lanes power_of_two(const Lanes& t) noexcept {
  return Lanes::of([&](std::size_t i) {
    return std::bit_cast<float>((std::bit_cast<std::uint32_t>(t.lane[i]) << 23U) + 0x3F800000U);
  });
}

struct Cell {
  const std::int8_t* weights;
  explicit Cell(const std::int8_t* cell) noexcept : weights(cell) {}
};

struct Integers {
  std::int32_t lane[kLanes];

  void begin(const std::int32_t* offsets) noexcept {
    for (std::size_t i = 0; i < kLanes; ++i) lane[i] = offsets[i];
  }
  void add(const Cell& cell, const std::uint8_t* x) noexcept {
    for (std::size_t input = 0; input < 8; ++input) {
      const std::int8_t* of_input = cell.weights + input / 4 * 4 * kLanes + input % 4;
      for (std::size_t i = 0; i < kLanes; ++i) lane[i] += of_input[4 * i] * x[input];
    }
  }
  Lanes total() const noexcept {
    return Lanes::of([this](std::size_t i) { return static_cast<float>(lane[i]); });
  }
};

struct Scalar {
  using Lanes = whisperwave::Lanes;
  using Float32 = Float32Weights<Lanes>;
  using Bfloat16 = Bfloat16Weights<Lanes>;
  using Int8 = Int8Weights<Lanes, Cell, Integers>;
  static constexpr std::size_t kFrames = 1;
  static constexpr bool kFixedSizes = false;
  static constexpr std::size_t vectors(std::size_t) noexcept { return 1; }
};

}  // namespace

const Kernels kScalarKernels = table<Scalar>();

}  // namespace whisperwave
