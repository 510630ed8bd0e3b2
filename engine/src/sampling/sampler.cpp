#include "sampling/sampler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "number_text.h"
#include "whisperwave/refusal.h"

namespace whisperwave {
namespace {

constexpr float kCoolest = 1e-4F;  // below this, dividing by the temperature says nothing new

std::uint64_t sum(std::span<const std::uint32_t> weights) noexcept {
  std::uint64_t total = 0;
  for (const std::uint32_t weight : weights) total += weight;
  return total;
}

// What a class counts for in a selection: one, or its weight.
using Measure = std::uint64_t (*)(std::uint32_t weight) noexcept;
std::uint64_t one(std::uint32_t) noexcept { return 1; }
std::uint64_t its_weight(std::uint32_t weight) noexcept { return weight; }

// The largest weight such that classes at least as likely as it measure `wanted` or more, and what
// the strictly likelier ones measure. Radix selection, most significant byte first: three passes,
// no sorting, no memory.
struct Threshold {
  std::uint32_t weight;
  std::uint64_t above;
};
Threshold select(std::span<const std::uint32_t> weights, Measure measure,
                 std::uint64_t wanted) noexcept {
  Threshold found = {0, 0};
  for (const unsigned shift : {16U, 8U, 0U}) {
    std::array<std::uint64_t, 256> buckets{};
    for (const std::uint32_t weight : weights) {
      const bool inside = (weight >> (shift + 8U)) == (found.weight >> (shift + 8U));
      if (inside) buckets[(weight >> shift) & 0xFFU] += measure(weight);
    }
    std::uint32_t bucket = 255;
    while (bucket > 0 && found.above + buckets[bucket] < wanted) found.above += buckets[bucket--];
    found.weight |= bucket << shift;
  }
  return found;
}

// Zero all but the classes above the threshold and, lowest first, those on it until `wanted`.
void keep(std::span<std::uint32_t> weights, Measure measure, std::uint64_t wanted) noexcept {
  const Threshold threshold = select(weights, measure, wanted);
  std::uint64_t kept = threshold.above;
  for (std::uint32_t& weight : weights) {
    if (weight > threshold.weight) continue;
    if (weight == threshold.weight && kept < wanted) {
      kept += measure(weight);
    } else {
      weight = 0;
    }
  }
}

// The sum of each block of kLanes weights into `sums`, and of all.
std::uint64_t sum_blocks(std::span<const std::uint32_t> weights,
                         std::span<std::uint64_t> sums) noexcept {
  std::uint64_t total = 0;
  for (std::size_t block = 0; block < sums.size(); ++block) {
    const std::size_t first = block * kLanes;
    sums[block] = sum(weights.subspan(first, std::min(kLanes, weights.size() - first)));
    total += sums[block];
  }
  return total;
}

// The first class at which the running sum passes `target`, found block by block.
std::uint32_t first_past(std::span<const std::uint32_t> weights,
                         std::span<const std::uint64_t> sums, std::uint64_t target) noexcept {
  std::size_t block = 0;
  std::uint64_t passed = 0;
  while (passed + sums[block] <= target) passed += sums[block++];
  std::size_t c = block * kLanes;
  while (passed + weights[c] <= target) passed += weights[c++];
  return static_cast<std::uint32_t>(c);
}

}  // namespace

void check(const Sampling& sampling) {
  const bool temperature_ok = std::isfinite(sampling.temperature) && sampling.temperature >= 0.0F;
  if (!temperature_ok) {
    throw Refusal("BAD_SAMPLING",
                  "temperature is " + number_text(sampling.temperature) + ".",
                  "Use 0 (the most likely class) or a positive number, usually about 1.");
  }
  if (!(sampling.top_p > 0.0F && sampling.top_p <= 1.0F)) {
    throw Refusal("BAD_SAMPLING", "top_p is " + number_text(sampling.top_p) + ".",
                  "Use a share above 0 and up to 1.");
  }
  if (!(std::isfinite(sampling.centring) && sampling.centring >= 0.0F)) {
    throw Refusal("BAD_SAMPLING", "centring is " + number_text(sampling.centring) + ".",
                  "Use 0 for none, or a small positive number such as 0.0001.");
  }
}

Sampler::Sampler(const Sampling& sampling, std::size_t classes, std::size_t silence)
    : sampling_(sampling),
      silence_(silence),
      centred_(sampling.centring == 0.0F ? 0 : padded(classes)),
      weights_(classes),
      sums_((classes + kLanes - 1) / kLanes) {
  check(sampling);
}

std::uint32_t Sampler::draw(const Kernels& kernels, const float* logits,
                            std::uint32_t random_bits) noexcept {
  const float cool = std::max(sampling_.temperature, kCoolest);
  const std::uint32_t best =
      kernels.likelihoods(centred(logits), weights_.size(), 1.0F / cool, weights_.data());
  if (sampling_.temperature == 0.0F) return best;
  if (sampling_.top_k != 0 && sampling_.top_k < weights_.size()) keep_most_likely(sampling_.top_k);
  if (sampling_.top_p < 1.0F) keep_nucleus();
  // total * random / 2^32, in two halves because the product may pass 64 bits. It is less than the
  // total, and the most likely class always counts, so the walk ends inside.
  const std::uint64_t total = sum_blocks(weights_.span(), sums_.span());
  const std::uint64_t high = (total >> 32U) * random_bits;
  const std::uint64_t low = ((total & 0xFFFFFFFFU) * random_bits) >> 32U;
  return first_past(weights_.span(), sums_.span(), high + low);
}

const float* Sampler::centred(const float* logits) noexcept {
  if (centred_.size() == 0) return logits;
  for (std::size_t c = 0; c < weights_.size(); ++c) {
    const float distance = static_cast<float>(c) - static_cast<float>(silence_);
    centred_.data()[c] = logits[c] - sampling_.centring * distance * distance;
  }
  return centred_.data();
}

void Sampler::keep_most_likely(std::uint32_t count) noexcept { keep(weights_.span(), one, count); }

void Sampler::keep_nucleus() noexcept {
  const auto total = static_cast<double>(sum(weights_.span()));
  const double wanted = std::ceil(total * static_cast<double>(sampling_.top_p));
  // A share too small to be normal counts as 0 in here; the most likely class stays even then.
  keep(weights_.span(), its_weight, static_cast<std::uint64_t>(std::max(wanted, 1.0)));
}

}  // namespace whisperwave
