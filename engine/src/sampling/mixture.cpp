#include "sampling/mixture.h"

#include <algorithm>
#include <cmath>

#include "sampling/quantiles.h"
#include "whisperwave/refusal.h"

namespace whisperwave {
namespace {

constexpr float kLeastLogScale = -12.0F;
constexpr float kMostLogScale = 4.0F;

Sampling checked(const Sampling& sampling) {
  check(sampling);
  if (sampling.centring != 0.0F) {
    throw Refusal("BAD_SAMPLING", "centring is about classes.",
                  "This model draws numbers: leave it out, and use temperature or top_p.");
  }
  return sampling;
}

// top_p is about the values of a component, not about which one is drawn.
Sampling of_components(Sampling sampling) {
  sampling.top_p = 1.0F;
  return sampling;
}

}  // namespace

Mixture::Mixture(const Sampling& sampling, Head head, std::size_t components)
    : head_(head),
      components_(components),
      spread_(std::sqrt(static_cast<double>(checked(sampling).temperature))),
      middle_(static_cast<double>(sampling.top_p)),
      sampler_(of_components(sampling), components, 0) {}

float Mixture::draw(const Kernels& kernels, const float* parameters, std::uint32_t which,
                    std::uint32_t where) noexcept {
  const std::uint32_t component = sampler_.draw(kernels, parameters, which);
  const float mean = parameters[components_ + component];
  const float log_scale = parameters[2 * components_ + component];
  if (std::isnan(mean) || std::isnan(log_scale)) return 0.0F;
  double value = static_cast<double>(mean);
  if (spread_ > 0.0) {
    const double anywhere = (static_cast<double>(where) + 0.5) * 0x1p-32;
    const double u = 0.5 + middle_ * (anywhere - 0.5);
    const double quantile = head_ == Head::logistics ? logistic_quantile(u) : normal_quantile(u);
    const float clamped = std::clamp(log_scale, kLeastLogScale, kMostLogScale);
    value += exponential(static_cast<double>(clamped)) * spread_ * quantile;
  }
  return static_cast<float>(std::clamp(value, -1.0, 1.0));
}

}  // namespace whisperwave
