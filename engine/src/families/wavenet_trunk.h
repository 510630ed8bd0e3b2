// One stream's way through the first layer and the dilated layers, and what they remember of it:
// the part that a network has in common whether it foretells samples or filters them.
#pragma once

#include <vector>

#include "families/wavenet_input.h"
#include "families/wavenet_network.h"
#include "layers/dilated_taps.h"

namespace whisperwave {

template <class Heard>
class WavenetTrunk {
 public:
  // Borrows the model. Throws std::bad_alloc; all else here but `check` allocates nothing.
  explicit WavenetTrunk(const WavenetModel& model);

  const WavenetNetwork<Heard>& network() const noexcept { return network_; }
  WavenetScratch<Heard>& scratch() noexcept { return scratch_; }
  Samples silence() const noexcept { return input_.silence(); }

  // Throws Refusal on a condition of another size, or that is not finite.
  void check(std::span<const float> condition) const;
  void steer(std::span<const float> condition) noexcept;
  void reset() noexcept;  // the memory; not what `steer` said

  // Take up to kChunk samples through all layers, in `scratch()`.
  void advance(const Samples& samples, std::size_t frames) noexcept;

  // Then the head: a row of shape.outputs() numbers for each frame, to `out`; where they end.
  float* conclude(std::size_t frames, float* out) noexcept;

  // As `advance` for one sample, in the frame 0 of any scratch: what needs only the past comes first,
  // for all layers, so that what needs this sample is a short chain.
  void step(const Samples& sample, WavenetScratch<Heard>& scratch) noexcept;

  // A step in pieces: the first layer; what a layer starts its sums from; what it remembers.
  void embed(const Samples& sample, Frames<float> x) noexcept { input_.embed(sample, 1, x); }
  const float* bias(std::size_t layer) const noexcept;
  DilatedTaps<Heard>& taps(std::size_t layer) noexcept { return memory_[layer]; }

 private:
  void lay_out_memory();

  const WavenetModel& model_;
  WavenetNetwork<Heard> network_;
  WavenetInput input_;
  AlignedBuffer<Heard> history_;
  std::vector<DilatedTaps<Heard>> memory_;  // one a layer, views into the history
  AlignedBuffer<float> condition_;          // padded
  AlignedBuffer<float> biases_;             // per layer, with the condition folded in
  AlignedBuffer<float> past_;               // per layer, what it has of its older taps
  AlignedBuffer<Heard> gathered_;           // per layer, what these see, if they are several
  std::vector<const Heard*> taps_;          // per layer, the same, wherever it lies
  std::vector<Heard*> heard_;               // per layer, the row of its ring for the newest input
  WavenetScratch<Heard> scratch_;
};

}  // namespace whisperwave
