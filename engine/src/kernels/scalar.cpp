// The plain kernels: what every other set is tested against, and what runs where there is no other.
#include "kernels/elementary.h"
#include "kernels/kernels.h"

#include <algorithm>
#include <bit>

namespace whisperwave {
namespace {

struct Number {
  float value;
  explicit Number(float v) noexcept : value(v) {}
};
Number operator+(Number a, Number b) noexcept { return Number(a.value + b.value); }
Number operator-(Number a, Number b) noexcept { return Number(a.value - b.value); }
Number operator*(Number a, Number b) noexcept { return Number(a.value * b.value); }
Number operator/(Number a, Number b) noexcept { return Number(a.value / b.value); }
Number clamp(Number x, float low, float high) noexcept {
  const float raised = x.value > low ? x.value : low;  // false for NaN
  return Number(raised < high ? raised : high);
}
Number power_of_two(Number t) noexcept {
  return Number(std::bit_cast<float>((std::bit_cast<std::uint32_t>(t.value) << 23U) + 0x3F800000U));
}

float settle(float sum, float before, Then then) noexcept {
  if (then == Then::add) return before + sum;
  if (then == Then::rectify) return sum > 0.0F ? sum : 0.0F;
  return sum;
}

// One vector of outputs; `stride` floats lie between the weights of one input and the next.
void vector_of_outputs(const float* weights, std::size_t stride, const float* bias, const float* x,
                       std::size_t inputs, float* y, Then then) noexcept {
  float even[kLanes];
  float odd[kLanes] = {};
  std::copy_n(bias, kLanes, even);
  for (std::size_t i = 0; i < inputs; i += 2, weights += 2 * stride) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      even[lane] += weights[lane] * x[i];
      odd[lane] += weights[stride + lane] * x[i + 1];
    }
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    y[lane] = settle(even[lane] + odd[lane], y[lane], then);
  }
}

void affine(const Affine& matrix, Frames<const float> x, Frames<float> y, std::size_t frames,
            Then then) noexcept {
  const float* panel = matrix.weights;
  for (std::size_t first = 0; first < matrix.outputs; first += kPanelVectors * kLanes) {
    const std::size_t width = std::min(kPanelVectors * kLanes, matrix.outputs - first);
    for (std::size_t frame = 0; frame < frames; ++frame) {
      for (std::size_t output = 0; output < width; output += kLanes) {
        vector_of_outputs(panel + output, width, matrix.bias + first + output, row(x, frame),
                          matrix.inputs, row(y, frame) + first + output, then);
      }
    }
    panel += matrix.inputs * width;
  }
}

void gate(Frames<const float> x, Frames<float> z, std::size_t channels,
          std::size_t frames) noexcept {
  for (std::size_t frame = 0; frame < frames; ++frame) {
    const float* filters = row(x, frame);
    const float* gates = filters + channels;
    for (std::size_t channel = 0; channel < channels; ++channel) {
      row(z, frame)[channel] = gated(Number(filters[channel]), Number(gates[channel])).value;
    }
  }
}

std::uint32_t likelihoods(const float* logits, std::size_t classes, float inverse_temperature,
                          std::uint32_t* weights) noexcept {
  float largest = -kLargestLogit;
  std::uint32_t best = 0;
  for (std::size_t c = 0; c < classes; ++c) {
    const float logit = clamp(Number(logits[c]), -kLargestLogit, kLargestLogit).value;
    if (logit > largest) {
      largest = logit;
      best = static_cast<std::uint32_t>(c);
    }
  }
  for (std::size_t c = 0; c < classes; ++c) {
    const Number logit = clamp(Number(logits[c]), -kLargestLogit, kLargestLogit);
    weights[c] = static_cast<std::uint32_t>(
        likelihood(logit, Number(largest), Number(inverse_temperature), kCertain).value);
  }
  return best;
}

float read(const float* data, std::size_t size) noexcept {
  constexpr std::size_t kStep = 8 * kLanes;
  float sums[kStep] = {};
  for (std::size_t i = 0; i + kStep <= size; i += kStep) {
    for (std::size_t lane = 0; lane < kStep; ++lane) sums[lane] += data[i + lane];
  }
  float total = 0.0F;
  for (const float sum : sums) total += sum;
  return total;
}

}  // namespace

const Kernels kScalarKernels = {affine, gate, likelihoods, read};

}  // namespace whisperwave
