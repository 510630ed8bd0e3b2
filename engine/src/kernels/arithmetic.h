// The kernels, written once for all instruction sets. A set's file defines, in an anonymous
// namespace, what its processor offers, and instantiates `table`: its functions are its own, and no
// linker can share them with a processor that cannot run them. No standard algorithms here, for
// the same reason.
//
// A set S offers S::Lanes, 16 floats (weights.h says what they can do); S::Float32, S::Bfloat16 and
// S::Int8, which read and sum cells; vectors(frames), the vectors of outputs that a tile of `frames`
// frames holds in registers, for at most S::kFrames frames; and S::kFixedSizes, whether layers of
// common sizes shall have code of their own.
#pragma once

#include "kernels/elementary.h"
#include "kernels/kernels.h"
#include "kernels/likelihoods.h"
#include "kernels/products.h"

namespace whisperwave {

template <class Set, class Weights>
static void gate(Frames<const float> sums, Frames<typename Weights::Heard> z, std::size_t channels,
                 std::size_t frames) noexcept {
  using Lanes = typename Set::Lanes;
  for (std::size_t frame = 0; frame < frames; ++frame) {
    for (std::size_t channel = 0; channel < channels; channel += kLanes) {
      const auto filter = Lanes::load(row(sums, frame) + channel);
      const auto gate_input = Lanes::load(row(sums, frame) + channels + channel);
      Weights::store_gated(gated(filter, gate_input), row(z, frame) + channel);
    }
  }
}

template <class Set, class Weights>
static void hear(Frames<const float> x, const float* inverse_steps, Sign sign,
                 Frames<typename Weights::Heard> heard, std::size_t channels,
                 std::size_t frames) noexcept {
  using Lanes = typename Set::Lanes;
  for (std::size_t frame = 0; frame < frames; ++frame) {
    for (std::size_t channel = 0; channel < channels; channel += kLanes) {
      Weights::store_heard(Lanes::load(row(x, frame) + channel), inverse_steps, channel, sign,
                           row(heard, frame) + channel);
    }
  }
}

template <class Set, class Weights>
static void layer(const LayerWeights& weights,
                  const LayerFrames<typename Weights::Heard>& activations,
                  std::size_t frames) noexcept {
  const auto& a = activations;
  const std::size_t channels = weights.present.outputs / 2;
  affine<Set, Weights>(weights.present, a.heard, a.past, a.sums, frames, Then::store,
                       whole(weights.present));
  gate<Set, Weights>(a.sums, a.gated, channels, frames);
  if (weights.residual.outputs == 0) return;
  affine<Set, Weights>(weights.residual, a.gated, {weights.residual.bias, 0}, a.x, frames,
                       Then::add, whole(weights.residual));
  hear<Set, Weights>(a.x, weights.inverse_steps, Sign::both, a.next, weights.residual.outputs,
                     frames);
}

// A product whose size is known here, from registers to registers.
template <class Weights, std::size_t kInputVectors, std::size_t kVectors>
static inline void product(const Affine& matrix, const typename Weights::Heard* x,
                           const float* start,
                           typename Weights::Lanes (&y)[kVectors]) noexcept {
  typename Weights::Sums sums[kVectors];
  WHISPERWAVE_UNROLL
  for (std::size_t v = 0; v < kVectors; ++v) {
    sums[v].begin(start + v * kLanes, matrix.offsets, v * kLanes);
  }
  const auto* cell = static_cast<const typename Weights::Stored*>(matrix.cells);
  constexpr std::size_t kGroups = kInputVectors * kLanes / Weights::kInputs;
  for (std::size_t group = 0; group < kGroups; group += Weights::kTurns) {
    WHISPERWAVE_UNROLL
    for (std::size_t turn = 0; turn < Weights::kTurns; ++turn, x += Weights::kInputs) {
      WHISPERWAVE_UNROLL
      for (std::size_t v = 0; v < kVectors; ++v, cell += Weights::kStored) {
        // Smaller weights of layers are mostly in the cache: fetching them cost 4 to 9 % there.
        if constexpr (Weights::kFetchInLayers) Weights::fetch(cell);
        sums[v].add(typename Weights::Cell(cell), x, turn);
      }
    }
  }
  WHISPERWAVE_UNROLL
  for (std::size_t v = 0; v < kVectors; ++v) {
    y[v] = sums[v].end(start + v * kLanes, matrix.scales, v * kLanes);
  }
}

// Layers of kernel size 2, with kD vectors of filters and kR of residual channels, one after
// another without a call between them.
template <class Set, class Weights, std::size_t kD, std::size_t kR>
static void fixed_stack(const LayerWeights* layers, std::size_t count,
                        const StackFrame<typename Weights::Heard>& a) noexcept {
  using Lanes = typename Set::Lanes;
  constexpr std::size_t kGates = 2 * kD * kLanes;
  for (std::size_t l = 0; l < count; ++l) {
    Lanes sums[2 * kD];
    product<Weights, kR>(layers[l].past, a.taps[l], a.biases + l * kGates, sums);
    for (std::size_t v = 0; v < 2 * kD; ++v) sums[v].store(a.past + l * kGates + v * kLanes);
  }
  hear<Set, Weights>({a.x, 0}, a.inverse_steps, Sign::both, {a.heard[0], 0}, kR * kLanes, 1);
  for (std::size_t l = 0; l < count; ++l) {
    Lanes sums[2 * kD];
    auto* z = a.gated + l * kD * kLanes;
    product<Weights, kR>(layers[l].present, a.heard[l], a.past + l * kGates, sums);
    for (std::size_t v = 0; v < kD; ++v) {
      Weights::store_gated(gated(sums[v], sums[kD + v]), z + v * kLanes);
    }
    if (layers[l].residual.outputs == 0) return;
    Lanes more[kR];
    product<Weights, kD>(layers[l].residual, z, layers[l].residual.bias, more);
    for (std::size_t v = 0; v < kR; ++v) {
      const Lanes x = Lanes::load(a.x + v * kLanes) + more[v];
      x.store(a.x + v * kLanes);
      Weights::store_heard(x, layers[l].inverse_steps, v * kLanes, Sign::both,
                           a.heard[l + 1] + v * kLanes);
    }
  }
}

// Layers of any size, all alike.
template <class Set, class Weights>
static void any_stack(const LayerWeights* layers, std::size_t count,
                      const StackFrame<typename Weights::Heard>& a) noexcept {
  const std::size_t gates = layers[0].present.outputs;
  for (std::size_t l = 0; l < count; ++l) {
    affine<Set, Weights>(layers[l].past, {a.taps[l], 0}, {a.biases + l * gates, 0},
                         {a.past + l * gates, 0}, 1, Then::store, whole(layers[l].past));
  }
  hear<Set, Weights>({a.x, 0}, a.inverse_steps, Sign::both, {a.heard[0], 0},
                     layers[0].present.inputs, 1);
  for (std::size_t l = 0; l < count; ++l) {
    float* past = a.past + l * gates;
    const bool last = l + 1 == count;
    layer<Set, Weights>(layers[l],
                        {{a.heard[l], 0},
                         {past, 0},
                         {past, 0},
                         {a.gated + l * gates / 2, 0},
                         {a.x, 0},
                         {last ? nullptr : a.heard[l + 1], 0}},
                        1);
  }
}

template <class Set, class Weights>
static void stack(const LayerWeights* layers, std::size_t count,
                  const StackFrame<typename Weights::Heard>& activations) noexcept {
  const std::size_t gates = layers[0].present.outputs / kLanes;
  const std::size_t residual = layers[0].present.inputs / kLanes;
  const bool two_taps = layers[0].past.inputs == layers[0].present.inputs;
  if constexpr (Set::kFixedSizes) {
    if (two_taps && gates == 2 && residual == 1) {
      return fixed_stack<Set, Weights, 1, 1>(layers, count, activations);
    }
    if (two_taps && gates == 4 && residual == 2) {
      return fixed_stack<Set, Weights, 2, 2>(layers, count, activations);
    }
    if (two_taps && gates == 8 && residual == 4) {
      return fixed_stack<Set, Weights, 4, 4>(layers, count, activations);
    }
  }
  any_stack<Set, Weights>(layers, count, activations);
}

template <class Set>
static float read(const float* data, std::size_t size) noexcept {
  using Lanes = typename Set::Lanes;
  constexpr std::size_t kVectors = 8;
  Lanes sums[kVectors] = {Lanes(0.0F), Lanes(0.0F), Lanes(0.0F), Lanes(0.0F),
                          Lanes(0.0F), Lanes(0.0F), Lanes(0.0F), Lanes(0.0F)};
  for (std::size_t i = 0; i + kVectors * kLanes <= size; i += kVectors * kLanes) {
    WHISPERWAVE_UNROLL
    for (std::size_t v = 0; v < kVectors; ++v) {
      sums[v] = sums[v] + Lanes::load(data + i + v * kLanes);
    }
  }
  for (std::size_t v = 1; v < kVectors; ++v) sums[0] = sums[0] + sums[v];
  return sums[0].largest();
}

template <class Set, class Weights>
static std::size_t multiply_add(std::size_t rounds, float* sink) noexcept {
  constexpr std::size_t kVectors = Set::vectors(1);
  alignas(64) const typename Weights::Stored cells[kVectors * Weights::kStored] = {};
  const typename Weights::Heard inputs[Weights::kInputs] = {};
  alignas(64) const float start[kLanes] = {};
  alignas(64) const std::int32_t offsets[kLanes] = {};
  typename Weights::Sums sums[kVectors];
  WHISPERWAVE_UNROLL
  for (std::size_t v = 0; v < kVectors; ++v) sums[v].begin(start, offsets, 0);
  for (std::size_t round = 0; round < rounds; ++round) {
    // The compiler must believe that these are other numbers each time.
    const typename Weights::Stored* weights = cells;
    const typename Weights::Heard* x = inputs;
    __asm__ volatile("" : "+r"(weights), "+r"(x));
    WHISPERWAVE_UNROLL
    for (std::size_t v = 0; v < kVectors; ++v) {
      // Where sums have an array of chains GCC keeps them in memory here, as it does not in a tile: for
      // bfloat16 this rate is too low.
      WHISPERWAVE_UNROLL
      for (std::size_t turn = 0; turn < Weights::kTurns; ++turn) {
        sums[v].add(typename Weights::Cell(weights + v * Weights::kStored), x, turn);
      }
    }
  }
  WHISPERWAVE_UNROLL
  for (std::size_t v = 0; v < kVectors; ++v) {
    settle(sums[v].end(start, start, 0), sink, Then::add);
  }
  return rounds * kVectors * kLanes * Weights::kInputs * Weights::kTurns;
}

template <class Set, class Weights>
constexpr Arithmetic<typename Weights::Heard> arithmetic() noexcept {
  return {&affine<Set, Weights>, &layer<Set, Weights>, &stack<Set, Weights>, &gate<Set, Weights>,
          &multiply_add<Set, Weights>, &hear<Set, Weights>};
}

template <class Set>
constexpr Kernels table() noexcept {
  return {arithmetic<Set, typename Set::Float32>(), arithmetic<Set, typename Set::Bfloat16>(),
          arithmetic<Set, typename Set::Int8>(), &likelihoods<Set>, &read<Set>};
}

}  // namespace whisperwave
