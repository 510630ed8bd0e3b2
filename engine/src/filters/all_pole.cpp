#include "whisperwave/all_pole.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "float_mode.h"
#include "whisperwave/refusal.h"

namespace whisperwave {
namespace {

constexpr std::size_t kLanes = 8;  // sums side by side, for the compiler to keep in one register
constexpr std::size_t kMostCoefficients = 4096;

std::size_t checked(std::size_t order) {
  if (order >= 1 && order <= kMostCoefficients) return order;
  throw Refusal("BAD_ORDER", "a predictor of order " + std::to_string(order) + " cannot be made.",
                "Use 1 to " + std::to_string(kMostCoefficients) + ".");
}

// As the nearest float; 0 for what is none, which would stay in the memory for ever.
float finite(double value) noexcept {
  const auto nearest = static_cast<float>(value);
  return std::isfinite(nearest) ? nearest : 0.0F;
}

}  // namespace

AllPole::AllPole(std::size_t order) : order_(checked(order)), past_(2 * order_, 0.0) {}

void AllPole::process(std::span<float> samples, std::span<const double> coefficients, double size) {
  if (coefficients.size() != order_) {
    throw Refusal("BAD_ORDER", std::to_string(coefficients.size()) + " coefficients were given.",
                  "This filter has " + std::to_string(order_) + ".");
  }
  const OwnFloatMode guard;
  const auto is_finite = [](double value) { return std::isfinite(value); };
  if (!is_finite(size) || !std::ranges::all_of(coefficients, is_finite)) {
    throw Refusal("NONFINITE", "the filter holds a number that is not finite.",
                  "Make it from the autocorrelation of a sound.");
  }
  for (float& sample : samples) {
    sample = finite(size * static_cast<double>(sample) + foretold(coefficients.data()));
    remember(sample);
  }
}

void AllPole::prime(std::span<const float> samples) noexcept {
  const OwnFloatMode guard;
  for (const float sample : samples) remember(finite(static_cast<double>(sample)));
}

void AllPole::reset() noexcept { std::fill(past_.begin(), past_.end(), 0.0); }

void AllPole::remember(float sample) noexcept {
  newest_ = (newest_ == 0 ? order_ : newest_) - 1;
  past_[newest_] = past_[newest_ + order_] = static_cast<double>(sample);
}

double AllPole::foretold(const double* coefficients) const noexcept {
  const double* past = past_.data() + newest_;
  std::array<double, kLanes> sums{};
  std::size_t lag = 0;
  for (; lag + kLanes <= order_; lag += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      sums[lane] += coefficients[lag + lane] * past[lag + lane];
    }
  }
  for (std::size_t lane = 0; lag < order_; ++lag, ++lane) {
    sums[lane] += coefficients[lag] * past[lag];
  }
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]));
}

}  // namespace whisperwave
