// What a model is opened with: whatever could make sound that is no sound is refused, by what is
// wrong with it.
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "checking.h"
#include "small_wavenet.h"
#include "whisperwave/limits.h"

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
  std::vector<float> out(many(4000, 1200));
  stream.process(out);
  for (const float sample : out) check(std::abs(sample) <= 1e6F, "finite, and as stated");
  check(out.back() > 0.98e6F, "the filter adds up");
}

using Values = std::vector<float>;

// The same network with every number of one tensor replaced.
std::shared_ptr<const WavenetModel> with(const SmallWavenet& network, const std::string& name,
                                         float value, Precision precision,
                                         InstructionSet set = InstructionSet::scalar) {
  Tensors tensors = network.tensors();
  const Values values(tensors.at(name).values.size(), value);
  tensors.at(name).values = values;
  return std::make_shared<const WavenetModel>(network.shape(), tensors, network.codec(0.5F),
                                              precision, set);
}

Values played(const std::shared_ptr<const WavenetModel>& model, const Values& style) {
  WavenetStream stream(model, {style, {}, 1, 0});
  Values out(many(60, 10));
  stream.process(out);
  return out;
}

constexpr const char* kCalibration[] = {"calibration.layers", "calibration.skip",
                                        "calibration.end"};

void a_calibration_that_is_none_is_refused_by_its_name() {
  const SmallWavenet network(small_shape());
  for (const std::string name : kCalibration) {
    for (const float value : {-1.0F, -1e-30F, 1e31F, kMost}) {
      try {
        with(network, name, value, Precision::int8);
        check(false, said(name, " of ", value, " is refused"));
      } catch (const Refusal& refusal) {
        const std::string what = refusal.what();
        check(refusal.code == "BAD_CALIBRATION" && what.find(name) != std::string::npos &&
                  !refusal.remedy.empty(),
              said(name, " of ", value, " is refused by its name, not ", what));
      }
    }
    check_refused([&] { with(network, name, std::nanf(""), Precision::int8); }, "NONFINITE", name);
    check_refused([&] { with(network, name, kInfinity, Precision::int8); }, "NONFINITE", name);
  }
}

void weights_that_overflow_what_they_hear_are_refused() {
  const SmallWavenet network(small_shape());
  Tensors tensors = network.tensors();
  const Values most(tensors.at("calibration.layers").values.size(), 1e25F);
  tensors.at("calibration.layers").values = most;
  const Values large(tensors.at("layers.3.dilated.weight").values.size(), 1e20F);
  tensors.at("layers.3.dilated.weight").values = large;
  check_refused(
      [&] {
        WavenetModel(network.shape(), tensors, network.codec(0.5F), Precision::int8,
                     InstructionSet::scalar);
      },
      "BAD_CALIBRATION", "a product beyond all floats");
}

void a_channel_too_quiet_for_steps_is_silent() {
  const SmallWavenet network(small_shape());
  const Values style = network.style();
  for (const std::string name : kCalibration) {
    const Values silent = played(with(network, name, 0.0F, Precision::int8), style);
    for (const float quiet : {1e-45F, 1e-40F, 1e-38F, 9e-31F}) {
      for (const InstructionSet set : available_instruction_sets()) {
        check(same_bits(played(with(network, name, quiet, Precision::int8, set), style), silent),
              said(name, " of ", quiet, " on ", name_of(set)));
      }
    }
  }
}

// Sums overflow inside; what is drawn from them is finite, and the same everywhere.
void extreme_weights_make_finite_sound_alike_on_every_set() {
  const SmallWavenet network(small_shape());
  const Values style = network.style();
  for (const Precision precision : kPrecisions) {
    for (const char* name : {"embedding.weight", "layers.2.dilated.weight",
                             "layers.1.residual.weight", "layers.7.skip.weight", "end1.weight",
                             "end2.weight", "end2.bias"}) {
      for (const float value : {kMost, -kMost, 1e-45F}) {
        const bool of_int8 = precision == Precision::int8 && std::abs(value) == kMost;
        const float given = of_int8 ? std::copysign(1e36F, value) : value;
        const Values expected = played(with(network, name, given, precision), style);
        for (const InstructionSet set : available_instruction_sets()) {
          const Values out = played(with(network, name, given, precision, set), style);
          check(same_bits(out, expected), said(name, " of ", given, " on ", name_of(set)));
        }
        for (const float sample : expected) check(std::isfinite(sample), said(name, " is finite"));
      }
    }
  }
}

// 2^29 numbers are 2 GiB. None of these has a tensor: what is refused is refused unread.
void what_memory_should_not_hold_is_refused_by_arithmetic() {
  const auto refused = [](const WavenetShape& shape, const char* code, const char* what) {
    check_refused([&] { WavenetModel(shape, {}, {}, Precision::float32, InstructionSet::scalar); },
                  code, what);
  };
  WavenetShape shape = small_shape();
  shape.conditioning_channels = 1;  // of 16 as it lies in memory
  shape.dilations.assign(4096, 1);
  shape.dilation_channels = 1600;
  shape.kernel_size = 1;
  shape.residual_channels = shape.skip_channels = 1;
  refused(shape, "TOO_LARGE", "conditioning");
  shape = small_shape();
  shape.residual_channels = 65536;
  shape.dilation_channels = shape.skip_channels = 1;
  shape.dilations = {1};
  shape.kernel_size = 200;  // weights of 1.7 GB, but 48 frames of all taps are 2.5 GB
  refused(shape, "TOO_LARGE", "the room of one stream");
  shape = small_shape();
  shape.dilations.assign(64, std::size_t{1} << 21U);
  refused(shape, "TOO_LARGE", "a stream's memory");
  for (std::size_t WavenetShape::*size :
       {&WavenetShape::kernel_size, &WavenetShape::residual_channels, &WavenetShape::end_channels,
        &WavenetShape::conditioning_channels, &WavenetShape::initial_kernel_size,
        &WavenetShape::classes}) {
    for (const unsigned power : {31U, 40U, 63U}) {
      shape = small_shape();
      shape.*size = std::size_t{1} << power;
      refused(shape, "BAD_SHAPE", "an absurd size");
    }
  }
}

void more_streams_than_memory_should_hold_are_refused_by_arithmetic() {
  WavenetShape shape = small_shape();
  shape.dilations.assign(512, 1);
  shape.dilation_channels = 256;  // a frame of gated outputs takes 512 KiB
  shape.residual_channels = shape.skip_channels = shape.end_channels = 1;
  shape.kernel_size = 1;
  shape.conditioning_channels = 0;
  const SmallWavenet network(shape);
  const auto model = network.model(InstructionSet::scalar);
  WavenetEnsemble(model, 16, 1);
  check_refused([&] { WavenetEnsemble(model, 4096, 1); }, "TOO_LARGE", "4096 wide streams");
}

// No processor runs both of these: an instruction that it does not know would end the program.
void an_instruction_set_of_another_processor_is_refused() {
  const SmallWavenet network(small_shape());
  const auto sets = available_instruction_sets();
  for (const InstructionSet set : {InstructionSet::neon, InstructionSet::avx2}) {
    if (std::ranges::find(sets, set) != sets.end()) continue;
    check_refused([&] { network.model(set); }, "NO_INSTRUCTION_SET", name_of(set).data());
    check_refused([&] { measure_memory_read(set, 64, 0.01); }, "NO_INSTRUCTION_SET", "a measure");
  }
}

}  // namespace
}  // namespace whisperwave::testing

int main() {
  using namespace whisperwave::testing;
  a_codec_that_could_make_no_sound_is_refused();
  the_loudest_codec_makes_finite_sound();
  a_calibration_that_is_none_is_refused_by_its_name();
  weights_that_overflow_what_they_hear_are_refused();
  a_channel_too_quiet_for_steps_is_silent();
  extreme_weights_make_finite_sound_alike_on_every_set();
  what_memory_should_not_hold_is_refused_by_arithmetic();
  more_streams_than_memory_should_hold_are_refused_by_arithmetic();
  an_instruction_set_of_another_processor_is_refused();
  return failures;
}
