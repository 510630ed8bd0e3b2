// What a fixed model plays has one digest, on every instruction set and every machine: it is held
// here, and printed.
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "checking.h"
#include "small_wavenet.h"

namespace whisperwave::testing {
namespace {

// Two taps and 32 channels, for which kernels have code of their own.
WavenetShape fixed_shape() {
  WavenetShape shape = small_shape();
  shape.kernel_size = 2;
  shape.residual_channels = 32;
  shape.dilation_channels = 30;
  return shape;
}
WavenetShape logistics() { return small_mixture(Head::logistics); }
WavenetShape gaussians() { return small_mixture(Head::gaussians); }

struct Golden {
  const char* name;
  WavenetShape (*shape)();
  std::uint64_t digests[3];  // float32, bfloat16, int8
};

// They change only when a model is meant to sound different.
constexpr Golden kGolden[] = {
    {"classes", small_shape, {0x66f00970d0fbf4c7, 0xcf8155071e4f3637, 0xaf8204be9abf5c23}},
    {"fixed", fixed_shape, {0xe474cb829f22c391, 0x5d7b1965cc0c5887, 0x2e9910c3a87711e2}},
    {"logistics", logistics, {0xa3641c0ce9086893, 0xcb571e882418c5ad, 0x4068f52550b0c9e3}},
    {"gaussians", gaussians, {0x610cc9cc4f9edb25, 0xc36bfbc14b63b584, 0x2d2bc9d3150887e9}},
};

// FNV-1a, byte by byte, the lowest first.
std::uint64_t digest(std::span<const float> samples) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const float sample : samples) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &sample, sizeof bits);
    for (int byte = 0; byte < 4; ++byte, bits >>= 8U) {
      hash = (hash ^ (bits & 0xFFU)) * 0x100000001B3U;
    }
  }
  return hash;
}

// Primed, steered, and played: 160 samples that depend on all that the engine does.
std::vector<float> played(const SmallWavenet& network, InstructionSet set, Precision precision) {
  const auto model = network.model(set, precision);
  const std::vector<float> style = network.style();
  WavenetStream stream(model, {style, {0.9F}, 2026, 7});
  const std::vector<std::int32_t> classes(60, 11);
  const std::vector<float> values(60 * model->shape().channels, 0.125F);
  stream.prime(model->shape().head == Head::softmax ? Samples{classes, {}} : Samples{{}, values});
  std::vector<float> out(160 * model->shape().channels);
  const auto half = std::span(out).first(out.size() / 2);
  stream.process(half);
  stream.steer(std::vector<float>(style.size(), -0.75F));
  stream.process(std::span(out).last(half.size()));
  return out;
}

void one_digest_everywhere(const Golden& golden, Precision precision) {
  const SmallWavenet network(golden.shape());
  for (const InstructionSet set : available_instruction_sets()) {
    const std::uint64_t found = digest(played(network, set, precision));
    std::printf("%-9s %-8s %016" PRIx64 " %s\n", golden.name, name_of(precision).data(), found,
                name_of(set).data());
    check(found == golden.digests[static_cast<std::size_t>(precision)],
          said("the digest of ", golden.name, " in ", name_of(precision), " on ", name_of(set)));
  }
}

}  // namespace
}  // namespace whisperwave::testing

int main() {
  using namespace whisperwave::testing;
  for (const Golden& golden : kGolden) {
    for (const auto precision : kPrecisions) one_digest_everywhere(golden, precision);
  }
  return failures;
}
