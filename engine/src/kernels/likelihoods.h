// From logits to what classes are drawn by, written once for all sets as in arithmetic.h.
#pragma once

#include "kernels/elementary.h"
#include "kernels/kernels.h"

namespace whisperwave {

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

}  // namespace whisperwave
