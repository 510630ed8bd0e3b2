// From the parameters of a mixture to a value: a component is drawn, then its quantile at a random
// place is taken. In double precision from float parameters, with functions of our own, so that
// every machine gives the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"
#include "sampling/sampler.h"
#include "whisperwave/wavenet.h"

namespace whisperwave {

class Mixture {
 public:
  // top_k keeps the likeliest components, top_p the middle of each. Throws Refusal on centring, which
  // only classes know.
  Mixture(const Sampling& sampling, Head head, std::size_t components);

  std::size_t parameters() const noexcept { return 3 * components_; }

  // The value within 1 that two random words pick. Real-time safe.
  float draw(const Kernels& kernels, const float* parameters, std::uint32_t which,
             std::uint32_t where) noexcept;

 private:
  Head head_;
  std::size_t components_;
  double spread_;  // of every component: the square root of the temperature
  double middle_;  // the share of every component that is drawn from
  Sampler sampler_;
};

}  // namespace whisperwave
