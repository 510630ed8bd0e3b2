// Products and bytes against plain arithmetic in double precision and in whole numbers, written
// from what kernels.h promises and not from how it is kept.
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

std::mt19937 engine(3);

double uniform() { return static_cast<double>(engine()) * 0x1p-31 - 1.0; }

struct Problem {
  std::size_t outputs;
  std::size_t inputs;
  std::size_t frames;

  std::size_t width() const { return padded(inputs); }
  std::size_t height() const { return padded(outputs); }
};

PaddedMatrix random_matrix(const Problem& p) {
  PaddedMatrix matrix({1, p.outputs}, {1, p.inputs});
  for (std::size_t o = 0; o < p.outputs; ++o) {
    for (std::size_t i = 0; i < p.inputs; ++i) {
      // Sizes from 1 down to 2^-8, so that rows do not look alike.
      matrix.at(o, i) = static_cast<float>(std::ldexp(uniform(), -static_cast<int>(o % 9)));
    }
  }
  return matrix;
}

std::vector<float> random_bias(const Problem& p) {
  std::vector<float> bias(p.height());
  for (std::size_t o = 0; o < p.outputs; ++o) bias[o] = static_cast<float>(uniform());
  return bias;
}

// To eight significant bits, to even on ties.
double as_bfloat16(float value) {
  int exponent = 0;
  const double mantissa = std::frexp(static_cast<double>(value), &exponent);
  return std::ldexp(std::nearbyint(std::ldexp(mantissa, 8)), exponent - 8);
}

// Numbers as products of a precision read them, and what they are worth.
template <class Heard>
Heard heard_of(float value);
template <>
float heard_of(float value) {
  return value;
}
template <>
Bfloat16 heard_of(float value) {
  return static_cast<Bfloat16>(std::bit_cast<std::uint32_t>(value) >> 16U);
}
double worth(float heard) { return static_cast<double>(heard); }
double worth(Bfloat16 heard) {
  return static_cast<double>(std::bit_cast<float>(std::uint32_t{heard} << 16U));
}

template <class Heard>
void float_products_are_true(const Arithmetic<Heard>& arithmetic, Precision precision,
                             const Problem& p) {
  const PaddedMatrix matrix = random_matrix(p);
  const std::vector<float> bias = random_bias(p);
  const PackedMatrix packed = pack(precision, matrix, bias, {});
  Arena arena(Arena::room(packed));
  const Affine affine = arena.put(packed);
  AlignedBuffer<Heard> x(p.frames * p.width());
  for (std::size_t f = 0; f < p.frames; ++f) {
    for (std::size_t i = 0; i < p.inputs; ++i) {
      x.data()[f * p.width() + i] = heard_of<Heard>(static_cast<float>(uniform()));
    }
  }
  AlignedBuffer<float> y(p.frames * p.height());
  arithmetic.affine(affine, {x.data(), p.width()}, {affine.bias, 0}, {y.data(), p.height()},
                    p.frames, Then::store, whole(affine));
  bool held = true;
  for (std::size_t f = 0; f < p.frames; ++f) {
    for (std::size_t o = 0; o < p.outputs; ++o) {
      double sum = static_cast<double>(bias[o]);
      double size = std::abs(sum);
      for (std::size_t i = 0; i < p.inputs; ++i) {
        const float weight = matrix.at(o, i);
        const double product =
            (precision == Precision::float32 ? static_cast<double>(weight) : as_bfloat16(weight)) *
            worth(x.data()[f * p.width() + i]);
        sum += product;
        size += std::abs(product);
      }
      // Each of so many roundings moves a sum by at most 2^-24 of what it is made of.
      const double allowed = static_cast<double>(p.inputs / 2 + 2) * 0x1p-24 * size;
      held &= std::abs(static_cast<double>(y.data()[f * p.height() + o]) - sum) <= allowed;
    }
  }
  check(held, said(name_of(precision), " products of ", p.outputs, " x ", p.inputs, " are true"));
}

// One row's weights in whole steps, and the size of a step.
struct Row {
  std::vector<std::int64_t> weights;
  float scale;
};

Row in_steps(const PaddedMatrix& matrix, std::size_t output, const std::vector<float>& steps) {
  std::vector<float> heard;
  for (std::size_t i = 0; i < steps.size(); ++i) heard.push_back(matrix.at(output, i) * steps[i]);
  float most = 0.0F;
  for (const float value : heard) most = std::max(most, std::abs(value));
  Row row = {{}, most / 127.0F};
  for (const float value : heard) {
    row.weights.push_back(row.scale > 0.0F ? std::lrint(value / row.scale) : 0);
  }
  return row;
}

void whole_products_are_exact(const Kernels& kernel, Sign sign, const Problem& p) {
  const PaddedMatrix matrix = random_matrix(p);
  const std::vector<float> bias = random_bias(p);
  std::vector<float> steps(p.width());
  for (std::size_t i = 0; i < p.inputs; ++i) {
    steps[i] = i % 7 == 3 ? 0.0F : static_cast<float>(0.01 + 0.009 * uniform());
  }
  const PackedMatrix packed = pack(Precision::int8, matrix, bias, {steps, sign});
  Arena arena(Arena::room(packed));
  const Affine affine = arena.put(packed);
  AlignedBuffer<std::uint8_t> x(p.frames * p.width());
  for (std::uint8_t& byte : x.span()) byte = static_cast<std::uint8_t>(engine());
  AlignedBuffer<float> y(p.frames * p.height());
  kernel.int8.affine(affine, {x.data(), p.width()}, {affine.bias, 0}, {y.data(), p.height()},
                     p.frames, Then::store, whole(affine));
  const int zero = sign == Sign::both ? 128 : 0;
  bool exact = true;
  bool near = true;
  for (std::size_t o = 0; o < p.outputs; ++o) {
    const Row row = in_steps(matrix, o, steps);
    for (std::size_t f = 0; f < p.frames; ++f) {
      std::int64_t sum = 0;
      double truth = static_cast<double>(bias[o]);
      double rounded = 0.0;
      for (std::size_t i = 0; i < p.width(); ++i) {
        const std::int64_t heard = x.data()[f * p.width() + i] - zero;
        sum += row.weights[i] * heard;
        truth += static_cast<double>(matrix.at(o, i)) * static_cast<double>(steps[i]) *
                 static_cast<double>(heard);
        rounded += std::abs(static_cast<double>(heard)) * 0.5001;
      }
      const float got = y.data()[f * p.height() + o];
      exact &= got == std::fma(static_cast<float>(sum), row.scale, bias[o]);
      near &= std::abs(static_cast<double>(got) - truth) <=
              rounded * static_cast<double>(row.scale) + 1e-6;
    }
  }
  check(exact, said("int8 products of ", p.outputs, " x ", p.inputs, " are exact"));
  check(near, said("int8 products of ", p.outputs, " x ", p.inputs, " are near the truth"));
}

// The largest sums that bytes can make, of either sign and of both against each other.
void nothing_saturates(const Kernels& kernel, std::size_t inputs) {
  for (const Sign sign : {Sign::both, Sign::positive}) {
    for (const float second : {1.0F, -1.0F}) {
      for (const std::uint8_t byte : {std::uint8_t{0}, std::uint8_t{255}}) {
        PaddedMatrix matrix({1, 2}, {1, inputs});
        for (std::size_t i = 0; i < inputs; ++i) {
          matrix.at(0, i) = i < inputs / 2 ? 1.0F : second;
          matrix.at(1, i) = -matrix.at(0, i);
        }
        const PackedMatrix packed = pack(Precision::int8, matrix, std::vector<float>(kLanes),
                                         {std::vector<float>(inputs, 1.0F), sign});
        Arena arena(Arena::room(packed));
        const Affine affine = arena.put(packed);
        AlignedBuffer<std::uint8_t> x(inputs);
        std::ranges::fill(x.span(), byte);
        AlignedBuffer<float> y(kLanes);
        kernel.int8.affine(affine, {x.data(), 0}, {affine.bias, 0}, {y.data(), 0}, 1, Then::store,
                           whole(affine));
        const std::int64_t heard = byte - (sign == Sign::both ? 128 : 0);
        const auto most = static_cast<std::int64_t>(inputs) * 127 * heard;
        const std::int64_t sum = second > 0.0F ? most : 0;
        const float scale = 1.0F / 127.0F;
        check(y.data()[0] == static_cast<float>(sum) * scale, "the largest sum is exact");
        check(y.data()[1] == static_cast<float>(-sum) * scale, "so is the smallest");
      }
    }
  }
}

// Every pattern of the lower half, and what has no nearest half.
void numbers_become_halves(const Kernels& kernel) {
  const float strange[] = {NAN, INFINITY, -INFINITY, -0.0F, 3e38F, -3e38F, 1.0F, -1.0F};
  AlignedBuffer<float> x(65536 + kLanes);
  std::ranges::copy(strange, x.data());
  for (std::uint32_t i = 0; i < 65536; ++i) {
    x.data()[kLanes + i] = std::bit_cast<float>(0x3F800000U + (i % 2 == 0 ? 0U : 0x80010000U) + i);
  }
  AlignedBuffer<Bfloat16> heard(x.size());
  kernel.bfloat16.hear({x.data(), 0}, nullptr, Sign::both, {heard.data(), 0}, x.size(), 1);
  check(std::isnan(worth(heard.data()[0])), "what is no number stays none");
  for (std::size_t i = 1; i < x.size(); ++i) {
    const float value = x.data()[i];
    const double nearest = std::isinf(value) ? static_cast<double>(value) : as_bfloat16(value);
    check(worth(heard.data()[i]) == nearest && std::signbit(value) == heard.data()[i] >> 15U,
          said(value, " becomes its nearest half"));
  }
}

// What a number becomes before a product of bytes reads it.
std::uint8_t byte_of(float steps, Sign sign) {
  const float least = sign == Sign::both ? -127.0F : 0.0F;
  const float most = sign == Sign::both ? 127.0F : 255.0F;
  const float bounded = steps > least ? std::min(steps, most) : least;  // what is no number: least
  return static_cast<std::uint8_t>(std::lrint(bounded) + (sign == Sign::both ? 128 : 0));
}

void numbers_become_bytes(const Kernels& kernel) {
  AlignedBuffer<float> x(64 * kLanes);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x.data()[i] = static_cast<float>(i) * 0.5F - 256.0F;  // every tie, and beyond both ends
  }
  const float strange[] = {NAN, -NAN, INFINITY, -INFINITY, 3e38F, -3e38F, 1e-45F, -0.0F};
  std::ranges::copy(strange, x.data());
  AlignedBuffer<float> inverse_steps(x.size());
  std::ranges::fill(inverse_steps.span(), 1.0F);
  AlignedBuffer<std::uint8_t> heard(x.size());
  for (const Sign sign : {Sign::both, Sign::positive}) {
    kernel.int8.hear({x.data(), 0}, inverse_steps.data(), sign, {heard.data(), 0}, x.size(), 1);
    for (std::size_t i = 0; i < x.size(); ++i) {
      check(heard.data()[i] == byte_of(x.data()[i], sign), said(x.data()[i], " becomes a byte"));
    }
  }
}

void gated_outputs_become_bytes(const Kernels& kernel) {
  constexpr std::size_t kChannels = 1024;
  AlignedBuffer<float> sums(2 * kChannels);
  for (float& sum : sums.span()) sum = static_cast<float>(8.0 * uniform());
  std::ranges::fill(sums.span().first(kLanes), INFINITY);
  std::ranges::fill(sums.span().subspan(kChannels, kLanes), INFINITY);
  AlignedBuffer<float> z(kChannels);
  AlignedBuffer<std::uint8_t> bytes(kChannels);
  kernel.float32.gate({sums.data(), 0}, {z.data(), 0}, kChannels, 1);
  kernel.int8.gate({sums.data(), 0}, {bytes.data(), 0}, kChannels, 1);
  for (std::size_t c = 0; c < kChannels; ++c) {
    check(bytes.data()[c] == byte_of(z.data()[c] * 127.0F, Sign::both), "a gated byte");
  }
}

}  // namespace
}  // namespace whisperwave::testing

int main() {
  using namespace whisperwave;
  for (const InstructionSet set : available_instruction_sets()) {
    const Kernels& kernel = kernels(set);
    for (const std::size_t outputs : {1U, 17U, 64U, 130U, 300U}) {
      for (const std::size_t inputs : {1U, 16U, 70U, 513U}) {
        const testing::Problem problem = {outputs, inputs, 1 + (outputs + inputs) % 8};
        testing::float_products_are_true(kernel.float32, Precision::float32, problem);
        testing::float_products_are_true(kernel.bfloat16, Precision::bfloat16, problem);
        testing::whole_products_are_exact(kernel, Sign::both, problem);
        testing::whole_products_are_exact(kernel, Sign::positive, problem);
      }
    }
    for (const std::size_t inputs : {16U, 4096U, 65536U}) {
      testing::nothing_saturates(kernel, inputs);
    }
    testing::numbers_become_halves(kernel);
    testing::numbers_become_bytes(kernel);
    testing::gated_outputs_become_bytes(kernel);
  }
  return testing::failures;
}
