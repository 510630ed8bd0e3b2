// Each kernel of each instruction set: equal to the scalar one bit for bit, and near the truth.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "aligned_buffer.h"
#include "checking.h"
#include "kernels/kernels.h"
#include "layers/packed_affine.h"

namespace whisperwave::testing {
namespace {

std::mt19937 engine(7);

AlignedBuffer<float> noise(std::size_t size, float scale) {
  std::normal_distribution<float> normal(0.0F, scale);
  AlignedBuffer<float> values(size);
  for (float& value : values.span()) value = normal(engine);
  return values;
}

bool same_bits(const AlignedBuffer<float>& a, const AlignedBuffer<float>& b) {
  return std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

// A product of every panel width, for frame counts around the size of a tile.
void affine_agrees(const Kernels& kernel, std::size_t outputs, std::size_t frames, Then then) {
  const std::size_t inputs = 48;
  PaddedMatrix matrix({1, outputs}, {1, inputs});
  std::normal_distribution<float> normal;
  for (std::size_t o = 0; o < outputs; ++o) {
    for (std::size_t i = 0; i < inputs; ++i) matrix.at(o, i) = normal(engine);
  }
  AlignedBuffer<float> packed(matrix.padded_outputs() * matrix.padded_inputs());
  matrix.pack(packed.data());
  const AlignedBuffer<float> bias = noise(matrix.padded_outputs(), 1.0F);
  const AlignedBuffer<float> x = noise(frames * inputs, 1.0F);
  AlignedBuffer<float> expected(frames * matrix.padded_outputs());
  std::ranges::fill(expected.span(), 0.5F);
  AlignedBuffer<float> y(expected.size());
  std::ranges::fill(y.span(), 0.5F);

  const Affine affine = {packed.data(), bias.data(), inputs, matrix.padded_outputs()};
  const std::size_t stride = matrix.padded_outputs();
  kScalarKernels.affine(affine, {x.data(), inputs}, {expected.data(), stride}, frames, then);
  kernel.affine(affine, {x.data(), inputs}, {y.data(), stride}, frames, then);
  check(same_bits(y, expected), "affine gives the scalar kernel's bits");

  double worst = 0.0;
  for (std::size_t o = 0; o < outputs && then == Then::store; ++o) {
    double sum = bias.data()[o];
    for (std::size_t i = 0; i < inputs; ++i) {
      sum += static_cast<double>(matrix.at(o, i)) * x.data()[i];
    }
    worst = std::max(worst, std::abs(sum - expected.data()[o]));
  }
  check(worst < 1e-4, "affine is W x + b");
}

void gate_agrees(const Kernels& kernel) {
  constexpr std::size_t kChannels = 1024;
  const AlignedBuffer<float> x = noise(2 * kChannels, 6.0F);
  AlignedBuffer<float> expected(kChannels);
  AlignedBuffer<float> z(kChannels);
  kScalarKernels.gate({x.data(), 0}, {expected.data(), 0}, kChannels, 1);
  kernel.gate({x.data(), 0}, {z.data(), 0}, kChannels, 1);
  check(same_bits(z, expected), "gate gives the scalar kernel's bits");
  double worst = 0.0;
  for (std::size_t c = 0; c < kChannels; ++c) {
    const double f = x.data()[c];
    const double g = x.data()[kChannels + c];
    const double truth = std::tanh(f) / (1.0 + std::exp(-g));
    worst = std::max(worst, std::abs(z.data()[c] - truth) / std::abs(truth));
  }
  check(worst < 1e-6, "gate is tanh times sigmoid, within 1e-6 of each value");
}

void gate_survives(const Kernels& kernel) {
  const float extremes[] = {0.0F, -0.0F, 1e38F, -1e38F, INFINITY, -INFINITY, NAN, 1e-30F};
  AlignedBuffer<float> x(2 * kLanes);
  AlignedBuffer<float> z(kLanes);
  AlignedBuffer<float> expected(kLanes);
  for (const float filter : extremes) {
    for (const float gate : extremes) {
      std::fill_n(x.data(), kLanes, filter);
      std::fill_n(x.data() + kLanes, kLanes, gate);
      kernel.gate({x.data(), 0}, {z.data(), 0}, kLanes, 1);
      kScalarKernels.gate({x.data(), 0}, {expected.data(), 0}, kLanes, 1);
      check(std::abs(z.data()[0]) <= 1.0F, "gate stays within 1, whatever comes in");
      check(same_bits(z, expected), "gate gives the scalar kernel's bits at extremes");
    }
  }
}

void likelihoods_agree(const Kernels& kernel, std::size_t classes) {
  AlignedBuffer<float> logits = noise(classes, 4.0F);
  logits.data()[classes / 2] = NAN;
  AlignedBuffer<std::uint32_t> expected(classes);
  AlignedBuffer<std::uint32_t> weights(classes);
  for (const float inverse : {1.0F, 0.5F, 1e4F}) {
    const auto best =
        kScalarKernels.likelihoods(logits.data(), classes, inverse, expected.data());
    check(kernel.likelihoods(logits.data(), classes, inverse, weights.data()) == best,
          "the most likely class is the scalar kernel's");
    check(std::ranges::equal(weights.span(), expected.span()), "likelihoods are equal integers");
    check(expected.data()[best] == static_cast<std::uint32_t>(kCertain),
          "the most likely class is certain");
  }
}

}  // namespace
}  // namespace whisperwave::testing

int main() {
  using namespace whisperwave;
  for (const InstructionSet set : available_instruction_sets()) {
    const Kernels& kernel = kernels(set);
    for (std::size_t outputs = 1; outputs <= 17 * kLanes; outputs += 15) {
      for (const std::size_t frames : {1U, 5U, 6U, 7U, 13U}) {
        for (const Then then : {Then::store, Then::add, Then::rectify}) {
          testing::affine_agrees(kernel, outputs, frames, then);
        }
      }
    }
    testing::gate_agrees(kernel);
    testing::gate_survives(kernel);
    for (const std::size_t classes : {2U, 16U, 17U, 255U, 256U}) {
      testing::likelihoods_agree(kernel, classes);
    }
  }
  return testing::failures;
}
