// Each kernel of each instruction set: equal to the scalar one bit for bit, and near the truth.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
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

bool same_bits(const AlignedBuffer<float>& a, const AlignedBuffer<float>& b) {
  return std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
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
AlignedBuffer<std::uint8_t> inputs_of(std::size_t size) {
  return noise_bytes(size);
}

// What an input stands for.
double meant(float x, float) { return static_cast<double>(x); }
double meant(std::uint8_t x, float step) {
  return (static_cast<double>(x) - 128.0) * static_cast<double>(step);
}

constexpr std::size_t kInputs = 48;
constexpr float kStep = 1.0F / 64.0F;

template <class Heard>
void is_the_product(const PaddedMatrix& matrix, const AlignedBuffer<float>& bias,
                    const AlignedBuffer<Heard>& x, const float* y, double tolerance) {
  double worst = 0.0;
  for (std::size_t o = 0; o < matrix.outputs().size(); ++o) {
    double sum = bias.data()[o];
    for (std::size_t i = 0; i < kInputs; ++i) {
      sum += static_cast<double>(matrix.at(o, i)) * meant(x.data()[i], kStep);
    }
    worst = std::max(worst, std::abs(sum - static_cast<double>(y[o])));
  }
  check(worst < tolerance, "affine is W x + b");
}

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
  check(same_bits(y, expected), "affine gives the scalar kernel's bits, panel by panel");
  if (then != Then::store) return;
  const double tolerance = precision == Precision::float32 ? 1e-4 : 0.3;  // of a sum of about 10
  is_the_product(matrix, bias, x, expected.data(), tolerance);
}

void affines_agree(const Kernels& kernel, std::size_t outputs, std::size_t frames, Then then) {
  const Kernels& plain = kernels(InstructionSet::scalar);
  affine_agrees(kernel.float32, plain.float32, Precision::float32, outputs, frames, then);
  affine_agrees(kernel.bfloat16, plain.bfloat16, Precision::bfloat16, outputs, frames, then);
  affine_agrees(kernel.int8, plain.int8, Precision::int8, outputs, frames, then);
}

// The largest products that bytes can have, all of one sign: nothing saturates.
void int8_never_saturates(const Kernels& kernel) {
  constexpr std::size_t kMany = 4096;
  for (const float weight : {1.0F, -1.0F}) {
    PaddedMatrix matrix({1, kLanes}, {1, kMany});
    for (std::size_t o = 0; o < kLanes; ++o) {
      for (std::size_t i = 0; i < kMany; ++i) matrix.at(o, i) = weight;
    }
    const PackedMatrix packed = pack(Precision::int8, matrix, std::vector<float>(kLanes),
                                     {std::vector<float>(kMany, 1.0F), Sign::positive});
    Arena arena(Arena::room(packed));
    const Affine affine = arena.put(packed);
    AlignedBuffer<std::uint8_t> x(kMany);
    std::ranges::fill(x.span(), std::uint8_t{255});
    AlignedBuffer<float> y(kLanes);
    kernel.int8.affine(affine, {x.data(), 0}, {affine.bias, 0}, {y.data(), 0}, 1, Then::store,
                       whole(affine));
    const float expected = weight * 255.0F * static_cast<float>(kMany);
    check(std::abs(y.data()[0] / expected - 1.0F) < 1e-6F, "sums of bytes do not saturate");
  }
}

void gate_agrees(const Kernels& kernel) {
  constexpr std::size_t kChannels = 1024;
  const AlignedBuffer<float> x = noise(2 * kChannels, 6.0F);
  AlignedBuffer<float> expected(kChannels);
  AlignedBuffer<float> z(kChannels);
  kernels(InstructionSet::scalar).float32.gate({x.data(), 0}, {expected.data(), 0}, kChannels, 1);
  kernel.float32.gate({x.data(), 0}, {z.data(), 0}, kChannels, 1);
  check(same_bits(z, expected), "gate gives the scalar kernel's bits");
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
    for (std::size_t outputs = 1; outputs <= 17 * kLanes; outputs += 15) {
      for (const std::size_t frames : {1U, 5U, 6U, 7U, 13U}) {
        for (const Then then : {Then::store, Then::add, Then::rectify}) {
          testing::affines_agree(kernel, outputs, frames, then);
        }
      }
    }
    testing::int8_never_saturates(kernel);
    testing::gate_agrees(kernel);
    testing::gate_survives(kernel);
    for (const std::size_t classes : {2U, 16U, 17U, 255U, 256U}) {
      testing::likelihoods_agree(kernel, classes);
    }
  }
  return testing::failures;
}
