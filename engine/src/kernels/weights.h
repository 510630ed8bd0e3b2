// The two float precisions, the same for every instruction set once its vectors are known.
//
// A set's Lanes are 16 floats: Lanes(float) for all alike; load and store (aligned),
// load_unaligned, load_some(data, count, otherwise); + - * /; fma, clamp, larger, power_of_two as
// in elementary.h; positive(), 0 for what is not above it; largest() and first_equal(value), of all
// lanes; low_halves(pairs) and high_halves(pairs), of 16 pairs of bfloat16, and low_half(pair) and
// high_half(pair), of one pair for all lanes; store_bfloat16(numbers), to the nearest, to even on
// ties; store_truncated(integers, count); store_bytes(bytes, offset), of whole numbers of -128 to 127
// or, with offset 0, 0 to 255.
#pragma once

#include "kernels/kernels.h"

namespace whisperwave {

// The weights of a few outputs that are read next, and those that are read much later.
template <class L, class Stored>
struct Fetching {
  template <std::size_t kStored>
  static void near(const Stored* cell) noexcept {
    for (std::size_t i = 0; i < kStored; i += 64 / sizeof(Stored)) L::fetch(cell + i);
  }
  template <std::size_t kStored>
  static void far(const Stored* cell) noexcept {
    for (std::size_t i = 0; i < kStored; i += 64 / sizeof(Stored)) L::fetch_far(cell + i);
  }
};

// Two chains of additions, for a processor can begin one while it waits for the other.
template <class L>
struct Chains {
  L chain[2] = {L(0.0F), L(0.0F)};

  void begin(const float* start, const std::int32_t*, std::size_t) noexcept {
    chain[0] = L::load(start);
  }
  L end(const float*, const float*, std::size_t) const noexcept { return chain[0] + chain[1]; }
};

// One for even inputs and one for odd.
template <class L>
struct FloatSums : Chains<L> {
  template <class Cell>
  void add(const Cell& weights, const float* x, std::size_t) noexcept {
    this->chain[0] = fma(weights.even, L(x[0]), this->chain[0]);
    this->chain[1] = fma(weights.odd, L(x[1]), this->chain[1]);
  }
};

// One for even pairs and one for odd.
template <class L>
struct PairSums : Chains<L> {
  template <class Cell>
  void add(const Cell& weights, const Bfloat16* x, std::size_t turn) noexcept {
    std::uint32_t pair;
    __builtin_memcpy(&pair, x, sizeof pair);
    this->chain[turn] = fma(weights.odd, L::high_half(pair), this->chain[turn]);
    this->chain[turn] = fma(weights.even, L::low_half(pair), this->chain[turn]);
  }
};

template <class L>
struct Float32Weights {
  using Lanes = L;
  using Heard = float;
  using Sums = FloatSums<L>;
  static constexpr std::size_t kInputs = 2;
  static constexpr std::size_t kTurns = 1;
  using Stored = float;
  static constexpr std::size_t kStored = 2 * kLanes;
  static constexpr bool kFetchInLayers = true;

  static void fetch(const float* cell) noexcept {
    Fetching<L, float>::template near<kStored>(cell);
  }
  static void fetch_far(const float* cell) noexcept {
    Fetching<L, float>::template far<kStored>(cell);
  }

  struct Cell {
    L even;
    L odd;
    explicit Cell(const float* cell) noexcept
        : even(L::load(cell)), odd(L::load(cell + kLanes)) {}
  };

  static void store_gated(L z, float* out) noexcept { z.store(out); }
  static void store_heard(L x, const float*, std::size_t, Sign, float* out) noexcept {
    x.store(out);
  }
};

// A pair of bfloat16 weights as two vectors of floats.
template <class L>
struct WidenedCell {
  L even;
  L odd;
  explicit WidenedCell(const std::uint32_t* cell) noexcept
      : even(L::low_halves(cell)), odd(L::high_halves(cell)) {}
};

template <class L, class C = WidenedCell<L>, class S = PairSums<L>>
struct Bfloat16Weights {
  using Lanes = L;
  using Heard = Bfloat16;
  using Cell = C;
  using Sums = S;
  static constexpr std::size_t kInputs = 2;
  static constexpr std::size_t kTurns = 2;
  using Stored = std::uint32_t;  // the even weight in the low half, the odd one in the high half
  static constexpr std::size_t kStored = kLanes;
  static constexpr bool kFetchInLayers = false;

  static void fetch(const std::uint32_t* cell) noexcept {
    Fetching<L, std::uint32_t>::template near<kStored>(cell);
  }
  static void fetch_far(const std::uint32_t* cell) noexcept {
    Fetching<L, std::uint32_t>::template far<kStored>(cell);
  }

  static void store_gated(L z, Bfloat16* out) noexcept { z.store_bfloat16(out); }
  static void store_heard(L x, const float*, std::size_t, Sign, Bfloat16* out) noexcept {
    x.store_bfloat16(out);
  }
};

// What all sets' int8 weights share; `Cell` and `Integers` are a set's own.
template <class L, class Integers>
struct ByteSums {
  Integers sums;

  void begin(const float*, const std::int32_t* offsets, std::size_t at) noexcept {
    sums.begin(offsets + at);
  }
  template <class Cell>
  void add(const Cell& weights, const std::uint8_t* x, std::size_t) noexcept {
    sums.add(weights, x);
  }
  L end(const float* start, const float* scales, std::size_t at) const noexcept {
    return fma(sums.total(), L::load(scales + at), L::load(start));
  }
};

template <class L, class C, class Integers>
struct Int8Weights {
  using Lanes = L;
  using Heard = std::uint8_t;
  using Stored = std::int8_t;
  using Cell = C;
  using Sums = ByteSums<L, Integers>;
  static constexpr std::size_t kInputs = 8;
  static constexpr std::size_t kTurns = 1;
  static constexpr std::size_t kStored = 8 * kLanes;
  static constexpr bool kFetchInLayers = false;

  static void fetch(const std::int8_t* cell) noexcept {
    Fetching<L, std::int8_t>::template near<kStored>(cell);
  }
  static void fetch_far(const std::int8_t* cell) noexcept {
    Fetching<L, std::int8_t>::template far<kStored>(cell);
  }

  static void store_gated(L z, std::uint8_t* out) noexcept {
    (z * L(kByteSteps)).store_bytes(out, 128);
  }
  static void store_heard(L x, const float* inverse_steps, std::size_t channel, Sign sign,
                          std::uint8_t* out) noexcept {
    const L steps = x * L::load(inverse_steps + channel);
    if (sign == Sign::both) {
      clamp(steps, -kByteSteps, kByteSteps).store_bytes(out, 128);
    } else {
      clamp(steps, 0.0F, 255.0F).store_bytes(out, 0);
    }
  }
};

}  // namespace whisperwave
