// What a model is opened with: whatever could make sound that is no sound is refused, by what is
// wrong with it.
#include <cmath>
#include <limits>
#include <vector>

#include "checking.h"
#include "small_wavenet.h"

namespace whisperwave::testing {
namespace {

constexpr float kMost = std::numeric_limits<float>::max();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

void open(const SmallWavenet& network, const SampleCodec& codec) {
  WavenetModel(network.shape(), network.tensors(), codec, Precision::float32,
               InstructionSet::scalar);
}

void a_codec_that_could_make_no_sound_is_refused() {
  const SmallWavenet classes(small_shape());
  const SmallWavenet mixture(small_mixture(Head::gaussians));
  for (const float limit : {kMost, 3e38F, 1.1e6F, 0.0F, -1.0F, kInfinity, std::nanf("")}) {
    check_refused([&] { open(mixture, {{}, limit, 0.0F, 0}); }, "BAD_CODEC", said("limit ", limit));
  }
  for (const float deemphasis : {-0.1F, 1.0F, std::nextafter(1.0F, 0.0F), std::nanf("")}) {
    check_refused([&] { open(mixture, {{}, 1.0F, deemphasis, 0}); }, "BAD_CODEC",
                  said("deemphasis ", deemphasis));
  }
  for (const float value : {kMost, -kMost, -2e6F, kInfinity, std::nanf("")}) {
    SampleCodec codec = classes.codec(0.5F);
    codec.values[3] = value;
    check_refused([&] { open(classes, codec); }, "BAD_CODEC", said("a class of ", value));
  }
  SampleCodec codec = classes.codec(0.5F);
  codec.silence = 60;
  check_refused([&] { open(classes, codec); }, "BAD_CODEC", "silence beyond the classes");
  codec = classes.codec(0.5F);
  codec.values.pop_back();
  check_refused([&] { open(classes, codec); }, "BAD_CODEC", "a class without a value");
}

// The loudest codec that is let pass, held at its limit: de-emphasis settles below what is stated.
void the_loudest_codec_makes_finite_sound() {
  const SmallWavenet network(small_mixture(Head::logistics));
  Tensors tensors = network.tensors();
  const std::vector<float> loud(network.shape().outputs(), 1e6F);
  tensors.at("end2.bias").values = loud;
  const auto model = std::make_shared<const WavenetModel>(
      network.shape(), tensors, SampleCodec{{}, 9.9e3F, 0.99F, 0}, Precision::float32,
      available_instruction_sets().back());
  const std::vector<float> style = network.style();
  WavenetStream stream(model, {style, {0.0F}, 1, 0});
  std::vector<float> out(4000);
  stream.process(out);
  for (const float sample : out) check(std::abs(sample) <= 1e6F, "finite, and as stated");
  check(out.back() > 0.98e6F, "the filter adds up");
}

}  // namespace
}  // namespace whisperwave::testing

int main() {
  using namespace whisperwave::testing;
  a_codec_that_could_make_no_sound_is_refused();
  the_loudest_codec_makes_finite_sound();
  return failures;
}
