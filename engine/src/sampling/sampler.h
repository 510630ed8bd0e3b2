// From logits to the next class, in integers after the first step: no rounding can depend on the
// order of a sum, so every instruction set and every cut of a stream draws the same classes.
#pragma once

#include <cstdint>
#include <span>

#include "aligned_buffer.h"
#include "kernels/kernels.h"
#include "whisperwave/sampling.h"

namespace whisperwave {

void check(const Sampling& sampling);  // throws Refusal

class Sampler {
 public:
  Sampler(const Sampling& sampling, std::size_t classes, std::size_t silence);

  // The class that 32 random bits pick. Real-time safe.
  std::uint32_t draw(const Kernels& kernels, const float* logits,
                     std::uint32_t random_bits) noexcept;

 private:
  const float* centred(const float* logits) noexcept;
  void keep_most_likely(std::uint32_t count) noexcept;
  void keep_nucleus() noexcept;

  Sampling sampling_;
  std::size_t silence_;
  AlignedBuffer<float> centred_;  // empty without centring
  AlignedBuffer<std::uint32_t> weights_;
  AlignedBuffer<std::uint64_t> sums_;  // of blocks of weights
};

}  // namespace whisperwave
