// exp, tanh and sigmoid, written once for any vector type: the same operations in the same order,
// so the same bits on every instruction set. No library call, no table.
//
// A vector type V offers: V(float), + - * /, fma(a, b, c) = a b + c rounded once, clamp(x, low,
// high) that turns NaN into `low`, and power_of_two(t), 2^n for the integer n in the low bits of t.
#pragma once

namespace whisperwave {

// For x in [-87, 88].
template <class V>
inline V exponential(V x) noexcept {
  const V magic(12582912.0F);                  // 1.5 * 2^23: adding it rounds to an integer,
  const V t = fma(x, V(1.44269504F), magic);   // which then lies in the low bits
  const V n = t - magic;
  // ln(2) in two parts: with fused sums both steps are all but exact.
  const V r = fma(n, V(2.12194440e-4F), fma(n, V(-0.693359375F), x));
  // Taylor's series of e^r; what is left out stays below 6e-9.
  V p = fma(r, V(1.0F / 5040.0F), V(1.0F / 720.0F));
  p = fma(r, p, V(1.0F / 120.0F));
  p = fma(r, p, V(1.0F / 24.0F));
  p = fma(r, p, V(1.0F / 6.0F));
  p = fma(r, p, V(0.5F));
  p = fma(r, p, V(1.0F));
  return power_of_two(t) * fma(r, p, V(1.0F));
}

// tanh(x) = numerator / denominator within 4e-7 of its value for |x| <= kTanhLimit, where it is 1
// but for 3e-8: x times a quotient of polynomials in x^2, fitted to tanh by weighted least squares
// whose weights follow the error until it is level (Lawson's algorithm).
inline constexpr float kTanhLimit = 9.0F;

template <class V>
struct Quotient {
  V numerator;
  V denominator;
};

template <class V>
inline Quotient<V> tangent(V x) noexcept {
  const V z = x * x;
  V p = fma(z, V(1.33547191e-8F), V(2.06091281e-5F));
  V q = fma(z, V(7.77658329e-7F), V(3.28563969e-4F));
  p = fma(z, p, V(3.49559123e-3F));
  q = fma(z, q, V(2.58769933e-2F));
  p = fma(z, p, V(0.133810282F));
  q = fma(z, q, V(0.467143446F));
  p = fma(z, p, V(1.0F));
  q = fma(z, q, V(1.0F));
  return {x * p, q};
}

// tanh(filter) * sigmoid(gate) with one division, sigmoid(g) being (1 + tanh(g / 2)) / 2.
// Rounding could carry the result past 1 by its last bit, hence the second clamp.
template <class V>
inline V gated(V filter, V gate) noexcept {
  const auto f = tangent(clamp(filter, -kTanhLimit, kTanhLimit));
  const auto g = tangent(clamp(gate * V(0.5F), -kTanhLimit, kTanhLimit));
  const V numerator = f.numerator * (g.denominator + g.numerator);
  const V denominator = f.denominator * (g.denominator + g.denominator);
  return clamp(numerator / denominator, -1.0F, 1.0F);
}

// kCertain * e^((logit - largest) / temperature), 0 for what is too unlikely.
template <class V>
inline V likelihood(V logit, V largest, V inverse_temperature, float certain) noexcept {
  const V x = clamp((logit - largest) * inverse_temperature, -80.0F, 0.0F);
  return exponential(x) * V(certain);
}

}  // namespace whisperwave
