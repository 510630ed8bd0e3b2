// Products of matrices and frames, written once for all sets as in arithmetic.h: tiles whose sums stay in
// registers, panels of tiles, and whole matrices.
#pragma once

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

}  // namespace whisperwave
