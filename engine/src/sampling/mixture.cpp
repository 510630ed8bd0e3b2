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
  if (sampling.top_k != 0 || sampling.top_p != 1.0F || sampling.centring != 0.0F) {
    throw Refusal("BAD_SAMPLING", "top_k, top_p and centring choose among classes.",
                  "This model draws numbers: leave them out, and use temperature.");
  }
  return sampling;
}

}  // namespace

Mixture::Mixture(const Sampling& sampling, Head head, std::size_t components)
    : head_(head),
      components_(components),
      spread_(std::sqrt(static_cast<double>(checked(sampling).temperature))),
      sampler_(sampling, components, 0) {}

float Mixture::draw(const Kernels& kernels, const float* parameters, std::uint32_t which,
                    std::uint32_t where) noexcept {
  const std::uint32_t component = sampler_.draw(kernels, parameters, which);
  const float mean = parameters[components_ + component];
  const float log_scale = parameters[2 * components_ + component];
  if (std::isnan(mean) || std::isnan(log_scale)) return 0.0F;
  double value = static_cast<double>(mean);
  if (spread_ > 0.0) {
    const double u = (static_cast<double>(where) + 0.5) * 0x1p-32;
    const double quantile = head_ == Head::logistics ? logistic_quantile(u) : normal_quantile(u);
    const float clamped = std::clamp(log_scale, kLeastLogScale, kMostLogScale);
    value += exponential(static_cast<double>(clamped)) * spread_ * quantile;
  }
  return static_cast<float>(std::clamp(value, -1.0, 1.0));
}

}  // namespace whisperwave
