// Each kernel of each instruction set: equal to the scalar one bit for bit. That products are true is
// products_test's to show.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "aligned_buffer.h"
#include "checking.h"
#include "kernels/kernels.h"
#include "layers/packed_matrix.h"

namespace whisperwave::testing {
namespace {

std::mt19937 engine(7);

AlignedBuffer<float> noise(std::size_t size, float scale) {
  std::normal_distribution<float> normal(0.0F, scale);
  AlignedBuffer<float> values(size);
  for (float& value : values.span()) value = normal(engine);
  return values;
}

PaddedMatrix random_matrix(std::size_t outputs, std::size_t inputs) {
  PaddedMatrix matrix({1, outputs}, {1, inputs});
  std::normal_distribution<float> normal;
  for (std::size_t o = 0; o < outputs; ++o) {
    for (std::size_t i = 0; i < inputs; ++i) matrix.at(o, i) = normal(engine);
  }
  return matrix;
}

AlignedBuffer<std::uint8_t> noise_bytes(std::size_t size) {
  std::uniform_int_distribution<int> any(0, 255);
  AlignedBuffer<std::uint8_t> values(size);
  for (std::uint8_t& value : values.span()) value = static_cast<std::uint8_t>(any(engine));
  return values;
}

template <class Heard>
AlignedBuffer<Heard> inputs_of(std::size_t size);
template <>
AlignedBuffer<float> inputs_of(std::size_t size) {
  return noise(size, 1.0F);
}
template <>
AlignedBuffer<Bfloat16> inputs_of(std::size_t size) {
  const AlignedBuffer<float> wide = noise(size, 1.0F);
  AlignedBuffer<Bfloat16> values(size);
  std::ranges::transform(wide.span(), values.data(), [](float value) {
    return static_cast<Bfloat16>(std::bit_cast<std::uint32_t>(value) >> 16U);
  });
  return values;
}
template <>
AlignedBuffer<std::uint8_t> inputs_of(std::size_t size) {
  return noise_bytes(size);
}

constexpr std::size_t kInputs = 48;
constexpr float kStep = 1.0F / 64.0F;

// A product of every panel width, for frame counts around the size of a tile.
template <class Heard>
void affine_agrees(const Arithmetic<Heard>& kernel, const Arithmetic<Heard>& plain,
                   Precision precision, std::size_t outputs, std::size_t frames, Then then) {
  const PaddedMatrix matrix = random_matrix(outputs, kInputs);
  const AlignedBuffer<float> bias = noise(matrix.padded_outputs(), 1.0F);
  const PackedMatrix packed =
      pack(precision, matrix, {bias.data(), bias.data() + bias.size()},
           {std::vector<float>(kInputs, kStep), Sign::both});
  Arena arena(Arena::room(packed));
  const Affine affine = arena.put(packed);
  const AlignedBuffer<Heard> x = inputs_of<Heard>(frames * kInputs);
  AlignedBuffer<float> expected(frames * affine.outputs);
  std::ranges::fill(expected.span(), 0.5F);
  AlignedBuffer<float> y(expected.size());
  std::ranges::fill(y.span(), 0.5F);

  const std::size_t stride = affine.outputs;
  plain.affine(affine, {x.data(), kInputs}, {affine.bias, 0}, {expected.data(), stride}, frames,
               then, whole(affine));
  for (std::size_t panel = 0; panel < panels(affine.outputs); ++panel) {
    kernel.affine(affine, {x.data(), kInputs}, {affine.bias, 0}, {y.data(), stride}, frames, then,
                  {panel, panel + 1});
  }
  check(same_bits(y.span(), expected.span()), "affine gives the scalar kernel's bits, panel by panel");
}

void affines_agree(const Kernels& kernel, std::size_t outputs, std::size_t frames, Then then) {
  const Kernels& plain = kernels(InstructionSet::scalar);
  affine_agrees(kernel.float32, plain.float32, Precision::float32, outputs, frames, then);
  affine_agrees(kernel.bfloat16, plain.bfloat16, Precision::bfloat16, outputs, frames, then);
  affine_agrees(kernel.int8, plain.int8, Precision::int8, outputs, frames, then);
}

void gate_agrees(const Kernels& kernel) {
  constexpr std::size_t kChannels = 1024;
  const AlignedBuffer<float> x = noise(2 * kChannels, 6.0F);
  AlignedBuffer<float> expected(kChannels);
  AlignedBuffer<float> z(kChannels);
  kernels(InstructionSet::scalar).float32.gate({x.data(), 0}, {expected.data(), 0}, kChannels, 1);
  kernel.float32.gate({x.data(), 0}, {z.data(), 0}, kChannels, 1);
  check(same_bits(z.span(), expected.span()), "gate gives the scalar kernel's bits");
  double worst = 0.0;
  for (std::size_t c = 0; c < kChannels; ++c) {
    const double f = x.data()[c];
    const double g = x.data()[kChannels + c];
    const double truth = std::tanh(f) / (1.0 + std::exp(-g));
    worst = std::max(worst, std::abs(static_cast<double>(z.data()[c]) - truth));
  }
  check(worst < 5e-7, "gate is tanh times sigmoid, within 5e-7");
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
      kernel.float32.gate({x.data(), 0}, {z.data(), 0}, kLanes, 1);
      kernels(InstructionSet::scalar).float32.gate({x.data(), 0}, {expected.data(), 0}, kLanes, 1);
      check(std::abs(z.data()[0]) <= 1.0F, "gate stays within 1, whatever comes in");
      check(same_bits(z.span(), expected.span()), "gate gives the scalar kernel's bits at extremes");
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
        kernels(InstructionSet::scalar).likelihoods(logits.data(), classes, inverse, expected.data());
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
    for (std::size_t outputs = 1; outputs <= 17 * kLanes; outputs += testing::many(15, 60)) {
      for (const std::size_t frames : {1U, 5U, 6U, 7U, 13U}) {
        for (const Then then : {Then::store, Then::add, Then::rectify}) {
          testing::affines_agree(kernel, outputs, frames, then);
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
