// exp, tanh and sigmoid, written once for any vector type: the same operations in the same order,
// so the same bits on every instruction set. No library call, no table, no fused multiply-add.
//
// A vector type V offers: V(float), + - * /, clamp(x, low, high) that turns NaN into `low`, and
// power_of_two(t), which is 2^n for the integer n that lies in the low bits of t.
#pragma once

namespace whisperwave {

// e^x = scale + scale * fraction, where scale is a power of two and fraction = e^r - 1 for a
// remainder |r| <= ln(2)/2. Kept apart so that e^x - 1 loses nothing near 0.
template <class V>
struct Exponential {
  V scale;
  V fraction;

  V value() const noexcept { return scale + scale * fraction; }
  V minus_one() const noexcept { return (scale - V(1.0F)) + scale * fraction; }
};

// For x in [-87, 88].
template <class V>
inline Exponential<V> exponential(V x) noexcept {
  const V magic(12582912.0F);              // 1.5 * 2^23: adding it rounds to an integer,
  const V t = x * V(1.44269504F) + magic;  // which then lies in the low bits
  const V n = t - magic;
  // ln(2) in two parts; the first has so few bits that n times it is exact.
  const V r = (x - n * V(0.693359375F)) - n * V(-2.12194440e-4F);
  // Taylor's series of e^r - 1; what is left out stays below 6e-9.
  V p = V(1.0F / 720.0F) + r * V(1.0F / 5040.0F);
  p = V(1.0F / 120.0F) + r * p;
  p = V(1.0F / 24.0F) + r * p;
  p = V(1.0F / 6.0F) + r * p;
  p = V(0.5F) + r * p;
  return {power_of_two(t), r + (r * r) * p};
}

// tanh(filter) * sigmoid(gate) with one division: with m = e^(2 filter) - 1,
// tanh = m / (m + 2) and sigmoid = 1 / (1 + e^-gate). Beyond the limits both are 1 or 0 in float.
template <class V>
inline V gated(V filter, V gate) noexcept {
  const V twice = clamp(filter + filter, -20.0F, 20.0F);
  const V negative = V(0.0F) - clamp(gate, -60.0F, 60.0F);
  const V m = exponential(twice).minus_one();
  const V b = exponential(negative).value();
  return m / ((m + V(2.0F)) * (V(1.0F) + b));
}

// kCertain * e^((logit - largest) / temperature), 0 for what is too unlikely.
template <class V>
inline V likelihood(V logit, V largest, V inverse_temperature, float certain) noexcept {
  const V x = clamp((logit - largest) * inverse_temperature, -80.0F, 0.0F);
  return exponential(x).value() * V(certain);
}

}  // namespace whisperwave
