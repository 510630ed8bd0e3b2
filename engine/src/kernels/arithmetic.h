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

#if defined(__clang__)
#define WHISPERWAVE_UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#define WHISPERWAVE_UNROLL _Pragma("GCC unroll 32")
#else
#define WHISPERWAVE_UNROLL
#endif

namespace whisperwave {

// Some outputs of a matrix for some frames. The groups of inputs take `kTurns` turns at the chains of
// additions of an output; their number is a multiple of that.
template <class Weights>
struct Job {
  const typename Weights::Stored* cells;
  std::size_t stride;  // from the cells of one group of inputs to those of the next
  std::size_t groups;
  const std::int32_t* offsets;
  const float* scales;
  Frames<const typename Weights::Heard> x;
  Frames<const float> start;
  Frames<float> y;
  Then then;

  // What a precision does not have, or a matrix without inputs, stays null.
  template <class T>
  static const T* moved(const T* p, std::size_t by) noexcept {
    return p == nullptr ? p : p + by;
  }
  Job from_vector(std::size_t vector) const noexcept {
    const std::size_t output = vector * kLanes;
    return {moved(cells, vector * Weights::kStored), stride, groups, moved(offsets, output),
            moved(scales, output), x, {start.data + output, start.stride},
            {y.data + output, y.stride}, then};
  }
  Job from_frame(std::size_t frame) const noexcept {
    return {cells,  stride, groups, offsets, scales, {row(x, frame), x.stride},
            {row(start, frame), start.stride}, {row(y, frame), y.stride}, then};
  }
};

template <class Lanes>
static inline void settle(Lanes sum, float* y, Then then) noexcept {
  if (then == Then::add) sum = Lanes::load(y) + sum;
  if (then == Then::rectify) sum = sum.positive();
  sum.store(y);
}

// Which weights a tile fetches ahead of their use: none; those that follow its own, where it is the
// only one to read them; or those of the next column, where its own are in a cache already.
enum class Fetch { none, following, next_column };

template <class Weights, std::size_t kVectors, Fetch kFetch>
static inline void fetch(const typename Weights::Stored* cell) noexcept {
  if constexpr (kFetch != Fetch::none) {
    WHISPERWAVE_UNROLL
    for (std::size_t v = 0; v < kVectors; ++v) {
      if constexpr (kFetch == Fetch::following) Weights::fetch(cell + v * Weights::kStored);
      if constexpr (kFetch == Fetch::next_column) {
        Weights::fetch_far(cell + (kVectors + v) * Weights::kStored);
      }
    }
  }
}

// `kVectors` vectors of outputs for `kFrames` frames, all sums in registers.
template <class Weights, std::size_t kVectors, std::size_t kFrames,
          Fetch kFetch = kFrames == 1 ? Fetch::following : Fetch::none>
static inline void tile(const Job<Weights>& job) noexcept {
  typename Weights::Sums sums[kFrames][kVectors];
  WHISPERWAVE_UNROLL
  for (std::size_t f = 0; f < kFrames; ++f) {
    WHISPERWAVE_UNROLL
    for (std::size_t v = 0; v < kVectors; ++v) {
      sums[f][v].begin(row(job.start, f) + v * kLanes, job.offsets, v * kLanes);
    }
  }
  const typename Weights::Stored* cell = job.cells;
  for (std::size_t group = 0; group < job.groups; group += Weights::kTurns) {
    WHISPERWAVE_UNROLL
    for (std::size_t turn = 0; turn < Weights::kTurns; ++turn, cell += job.stride) {
      fetch<Weights, kVectors, kFetch>(cell);
      // Frame by frame: so a frame's inputs need no registers while another's are used.
      WHISPERWAVE_UNROLL
      for (std::size_t f = 0; f < kFrames; ++f) {
        WHISPERWAVE_UNROLL
        for (std::size_t v = 0; v < kVectors; ++v) {
          const typename Weights::Cell weights(cell + v * Weights::kStored);
          sums[f][v].add(weights, row(job.x, f) + (group + turn) * Weights::kInputs, turn);
        }
      }
    }
  }
  WHISPERWAVE_UNROLL
  for (std::size_t f = 0; f < kFrames; ++f) {
    WHISPERWAVE_UNROLL
    for (std::size_t v = 0; v < kVectors; ++v) {
      const auto sum = sums[f][v].end(row(job.start, f) + v * kLanes, job.scales, v * kLanes);
      settle(sum, row(job.y, f) + v * kLanes, job.then);
    }
  }
}

// What is left of a panel when less than a full tile is: the one tile of that many vectors.
template <class Weights, std::size_t kFrames, std::size_t kVectors>
static inline void last_vectors(const Job<Weights>& job, std::size_t left) noexcept {
  if constexpr (kVectors > 0) {
    if (left == kVectors) return tile<Weights, kVectors, kFrames>(job);
    last_vectors<Weights, kFrames, kVectors - 1>(job, left);
  }
}

template <class Set, class Weights, std::size_t kFrames>
static inline void panel_for(const Job<Weights>& job, std::size_t vectors) noexcept {
  constexpr std::size_t kVectors = Set::vectors(kFrames);
  std::size_t vector = 0;
  for (; vector + kVectors <= vectors; vector += kVectors) {
    tile<Weights, kVectors, kFrames>(job.from_vector(vector));
  }
  last_vectors<Weights, kFrames, kVectors - 1>(job.from_vector(vector), vectors - vector);
}

// The same for several times as many frames as a tile holds: column by column, and while all but the
// first tile find a column's weights in the cache, those of the next column are on their way there.
template <class Set, class Weights>
static inline void panel_for_many(const Job<Weights>& job, std::size_t vectors,
                                  std::size_t frames) noexcept {
  constexpr std::size_t kFrames = Set::kFrames;
  constexpr std::size_t kVectors = Set::vectors(kFrames);
  std::size_t vector = 0;
  for (; vector + kVectors <= vectors; vector += kVectors) {
    const Job<Weights> column = job.from_vector(vector);
    tile<Weights, kVectors, kFrames>(column);
    for (std::size_t frame = kFrames; frame < frames; frame += kFrames) {
      tile<Weights, kVectors, kFrames, Fetch::next_column>(column.from_frame(frame));
    }
  }
  for (std::size_t frame = 0; frame < frames; frame += kFrames) {
    last_vectors<Weights, kFrames, kVectors - 1>(job.from_vector(vector).from_frame(frame),
                                                 vectors - vector);
  }
}

template <class Set, class Weights, std::size_t kFrames>
static inline void last_frames(const Job<Weights>& job, std::size_t vectors,
                               std::size_t left) noexcept {
  if constexpr (kFrames > 0) {
    if (left == kFrames) return panel_for<Set, Weights, kFrames>(job, vectors);
    last_frames<Set, Weights, kFrames - 1>(job, vectors, left);
  }
}

// One panel for all frames: its weights stay in a cache meanwhile.
template <class Set, class Weights>
static inline void panel(const Job<Weights>& job, std::size_t vectors,
                         std::size_t frames) noexcept {
  const std::size_t full = frames / Set::kFrames * Set::kFrames;
  if (full > 0) panel_for_many<Set, Weights>(job, vectors, full);
  last_frames<Set, Weights, Set::kFrames - 1>(job.from_frame(full), vectors, frames - full);
}

template <class Set, class Weights>
static void affine(const Affine& matrix, Frames<const typename Weights::Heard> x,
                   Frames<const float> start, Frames<float> y, std::size_t frames, Then then,
                   Panels part) noexcept {
  const std::size_t vectors = matrix.outputs / kLanes;
  const std::size_t groups = matrix.inputs / Weights::kInputs;
  const Job<Weights> job = {static_cast<const typename Weights::Stored*>(matrix.cells),
                            0,
                            groups,
                            matrix.offsets,
                            matrix.scales,
                            x,
                            start,
                            y,
                            then};
  for (std::size_t p = part.first; p < part.last; ++p) {
    const std::size_t first = p * kPanelVectors;
    const std::size_t left = vectors - first;
    const std::size_t width = left < kPanelVectors ? left : kPanelVectors;
    Job<Weights> one = job.from_vector(first);
    one.cells = job.cells + first * groups * Weights::kStored;  // panels follow one another
    one.stride = width * Weights::kStored;
    panel<Set, Weights>(one, width, frames);
  }
}

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

template <class Lanes>
static inline Lanes load_logits(const float* logits, std::size_t classes,
                                std::size_t first) noexcept {
  const std::size_t left = classes - first;
  const auto raw = left >= kLanes ? Lanes::load_unaligned(logits + first)
                                  : Lanes::load_some(logits + first, left, -kLargestLogit);
  return clamp(raw, -kLargestLogit, kLargestLogit);
}

template <class Set>
static std::uint32_t likelihoods(const float* logits, std::size_t classes,
                                 float inverse_temperature, std::uint32_t* weights) noexcept {
  using Lanes = typename Set::Lanes;
  Lanes largest(-kLargestLogit);
  for (std::size_t c = 0; c < classes; c += kLanes) {
    largest = larger(largest, load_logits<Lanes>(logits, classes, c));
  }
  const float most = largest.largest();
  const Lanes inverse(inverse_temperature);
  std::uint32_t best = static_cast<std::uint32_t>(classes);
  for (std::size_t c = 0; c < classes; c += kLanes) {
    const std::size_t left = classes - c < kLanes ? classes - c : kLanes;
    const Lanes logit = load_logits<Lanes>(logits, classes, c);
    likelihood(logit, Lanes(most), inverse, kCertain).store_truncated(weights + c, left);
    const std::size_t lane = logit.first_equal(most);
    if (best == classes && lane < left) best = static_cast<std::uint32_t>(c + lane);
  }
  return best;
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
      // The turns inside, or GCC keeps the sums in memory.
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
