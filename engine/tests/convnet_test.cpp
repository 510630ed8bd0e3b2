// The feed-forward network: whole = stepped on every precision and instruction set, and what it
// hears, from where, and how it takes bad input.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "checking.h"
#include "random_shapes.h"
#include "small_wavenet.h"
#include "whisperwave/convnet.h"

namespace whisperwave::testing {
namespace {

constexpr std::size_t kFrames = many(600, 300);
const std::vector<std::size_t> kBlocks = kHandful ? std::vector<std::size_t>{7, kFrames}
                                                  : std::vector<std::size_t>{1, 7, 64, 480, kFrames};

using Model = std::shared_ptr<const ConvnetModel>;

Model opened(const SmallWavenet& network, InstructionSet set,
             Precision precision = Precision::float32) {
  return std::make_shared<const ConvnetModel>(network.shape(), network.tensors(), precision, set);
}

// Numbers up to `most` in size, the same everywhere.
std::vector<float> noise(std::size_t count, float most = 3.0F) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto whole = static_cast<std::int32_t>(random_words(8, 9, i)[0]) >> 8;
    values[i] = static_cast<float>(whole) * 0x1p-23F * most;
  }
  return values;
}

std::vector<float> filtered(ConvnetStream& stream, const std::vector<float>& in,
                            std::size_t block = kFrames) {
  const WavenetShape& shape = stream.model().shape();
  const std::size_t frames = in.size() / shape.channels;
  std::vector<float> out(frames * shape.numbers);
  for (std::size_t first = 0; first < frames; first += block) {
    const std::size_t count = std::min(block, frames - first);
    stream.process(std::span(in).subspan(first * shape.channels, count * shape.channels),
                   std::span(out).subspan(first * shape.numbers, count * shape.numbers));
  }
  return out;
}

std::vector<float> filtered(const Model& model, const std::vector<float>& style,
                            const std::vector<float>& in, std::size_t block = kFrames) {
  ConvnetStream stream(model, style);
  return filtered(stream, in, block);
}

void whole_is_stepped(const SmallWavenet& network) {
  const std::vector<float> in = noise(kFrames * network.shape().channels);
  for (const Precision precision : kPrecisions) {
    std::vector<float> expected;
    for (const InstructionSet set : available_instruction_sets()) {
      const Model model = opened(network, set, precision);
      if (expected.empty()) expected = filtered(model, network.style(), in);
      for (const std::size_t block : kBlocks) {
        check(same_bits(filtered(model, network.style(), in, block), expected),
              said("blocks of ", block, ": ", text(model->network())));
      }
    }
  }
}

// Changing one frame changes the outputs from there to the end of the receptive field, and no other.
void the_receptive_field_is_as_stated(const SmallWavenet& network) {
  const WavenetShape& shape = network.shape();
  const Model model = opened(network, available_instruction_sets().back());
  constexpr std::size_t kChanged = 50;
  std::vector<float> in = noise(kFrames * shape.channels);
  const std::vector<float> before = filtered(model, network.style(), in);
  for (std::size_t c = 0; c < shape.channels; ++c) in[kChanged * shape.channels + c] += 2.0F;
  const std::vector<float> after = filtered(model, network.style(), in);
  const auto frame_of = [&](auto place) {
    return static_cast<std::size_t>(place) / shape.numbers;
  };
  const auto first = std::ranges::mismatch(before, after).in1 - before.begin();
  check(frame_of(first) == kChanged, said("an output is of its own frame first: ", text(shape)));
  std::size_t last = before.size();
  while (last > 0 && before[last - 1] == after[last - 1]) --last;
  check(frame_of(last - 1) - kChanged + 1 == shape.receptive_field(),
        said("the receptive field is ", shape.receptive_field(), ", measured ",
             frame_of(last - 1) - kChanged + 1, ": ", text(shape)));
}

void a_reset_stream_starts_again(const SmallWavenet& network) {
  const std::vector<float> in = noise(200 * network.shape().channels);
  for (const Precision precision : kPrecisions) {
    const Model model = opened(network, available_instruction_sets().back(), precision);
    ConvnetStream stream(model, network.style());
    const std::vector<float> first = filtered(stream, in);
    const std::vector<float> second = filtered(stream, in);
    check(!same_bits(second, first), "the past is heard");
    stream.reset();
    check(same_bits(filtered(stream, in), first), "a reset stream starts again");
  }
}

void a_condition_holds_from_the_next_frame(const SmallWavenet& network) {
  const WavenetShape& shape = network.shape();
  const Model model = opened(network, available_instruction_sets().back());
  const std::vector<float> in = noise(200 * shape.channels);
  const std::vector<float> other(shape.conditioning_channels, -1.0F);
  ConvnetStream stream(model, network.style());
  std::vector<float> out(200 * shape.numbers);
  const auto half = 100 * shape.numbers;
  stream.process({in.data(), 100 * shape.channels}, {out.data(), half});
  stream.steer(other);
  stream.process(std::span(in).subspan(100 * shape.channels), std::span(out).subspan(half));
  const std::vector<float> held = filtered(model, network.style(), in);
  check(same_bits(std::span(out).first(half), std::span(held).first(half)),
        "a condition changes nothing that was played");
  check(out[half] != held[half], "a condition is heard in the next frame");
  check_refused([&] { stream.steer(std::vector<float>(shape.conditioning_channels + 1)); },
                "BAD_STYLE", "a condition of another size");
  const std::vector<float> nan(shape.conditioning_channels, std::nanf(""));
  check_refused([&] { stream.steer(nan); }, "NONFINITE", "a condition that is not finite");
}

void an_input_that_is_not_finite_counts_as_zero(const SmallWavenet& network) {
  const WavenetShape& shape = network.shape();
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<float> silent = noise(kFrames * shape.channels);
  std::vector<float> strange = silent;
  std::size_t at = 0;
  for (const float value : {std::nanf(""), kInfinity, -kInfinity}) {
    at += 30 * shape.channels;
    strange[at] = value;
    silent[at] = 0.0F;
  }
  for (const Precision precision : kPrecisions) {
    const Model model = opened(network, available_instruction_sets().back(), precision);
    check(same_bits(filtered(model, network.style(), strange),
                    filtered(model, network.style(), silent)),
          "an input that is not finite counts as 0");
  }
}

void any_finite_input_has_a_finite_answer(const SmallWavenet& network) {
  const std::vector<float> loud =
      noise(kFrames * network.shape().channels, std::numeric_limits<float>::max());
  for (const Precision precision : kPrecisions) {
    for (const InstructionSet set : available_instruction_sets()) {
      const Model model = opened(network, set, precision);
      const std::vector<float> out = filtered(model, network.style(), loud);
      check(std::ranges::all_of(out, [](float value) { return std::isfinite(value); }),
            said("huge inputs: ", text(model->network())));
    }
  }
}

void an_answer_that_overflows_counts_as_zero(const SmallWavenet& network) {
  Tensors tensors = network.tensors();
  for (const char* name : {"end1.weight", "end2.weight"}) {
    Tensor& tensor = tensors[name];
    const std::vector<float> huge(tensor.values.size(), std::numeric_limits<float>::max());
    tensor.values = huge;
    for (const Precision precision : {Precision::float32, Precision::bfloat16}) {
      const auto model = std::make_shared<const ConvnetModel>(
          network.shape(), tensors, precision, available_instruction_sets().back());
      const std::vector<float> out =
          filtered(model, network.style(), noise(kFrames * network.shape().channels));
      check(std::ranges::all_of(out, [](float value) { return std::isfinite(value); }),
            said("huge ", name, ": ", text(model->network())));
    }
    tensor = network.tensors().at(name);
  }
}

void what_is_no_whole_frame_is_left_out(const SmallWavenet& network) {
  const WavenetShape& shape = network.shape();
  const Model model = opened(network, available_instruction_sets().back());
  const std::vector<float> in = noise(20 * shape.channels + 1);
  std::vector<float> out(20 * shape.numbers + 3, 7.0F);
  ConvnetStream stream(model, network.style());
  stream.process(in, out);
  const auto whole = std::span(in).first(20 * shape.channels);
  const auto expected = filtered(model, network.style(), {whole.begin(), whole.end()});
  check(same_bits(std::span(out).first(expected.size()), expected), "whole frames are heard");
  check(std::ranges::count(std::span(out).subspan(expected.size()), 0.0F) == 3, "the rest is 0");
}

void an_output_may_take_the_place_of_its_input(const SmallWavenet& network) {
  const WavenetShape& shape = network.shape();
  const Model model = opened(network, available_instruction_sets().back());
  const std::vector<float> in = noise(200 * shape.channels);
  std::vector<float> place = in;
  ConvnetStream stream(model, network.style());
  stream.process(place, place);
  const std::vector<float> expected = filtered(model, network.style(), in);
  check(same_bits(std::span(place).first(expected.size()), expected), "in place");
}

void what_does_not_fit_is_refused() {
  WavenetShape shape = small_shape();
  const SmallWavenet foretelling(shape);
  check_refused([&] { opened(foretelling, InstructionSet::scalar); }, "BAD_SHAPE",
                "a network that foretells samples");
  shape.head = Head::numbers;
  shape.classes = 0;
  shape.numbers = 1;
  const SmallWavenet network(shape);
  const std::vector<float> style = network.style();
  check_refused([&] { WavenetStream(network.model(InstructionSet::scalar), {style, {}, 1, 2}); },
                "BAD_SHAPE", "a draw from a feed-forward network");
  check_refused([&] { ConvnetStream(opened(network, InstructionSet::scalar), {}); }, "BAD_STYLE",
                "a stream without its condition");
  check_refused([&] { ConvnetStream(nullptr, style); }, "NO_MODEL", "a stream of no model");
  shape.numbers = 0;
  check_refused([&] { check(shape); }, "BAD_SHAPE", "a frame of no numbers");
  shape.numbers = 1;
  shape.components = 1;
  check_refused([&] { check(shape); }, "BAD_SHAPE", "a mixture beside numbers");
}

// Two channels in, one out, and a condition: what the single checks are about.
SmallWavenet an_effect() {
  WavenetShape shape = small_shape();
  shape.head = Head::numbers;
  shape.classes = 0;
  shape.channels = 2;
  shape.numbers = 1;
  return SmallWavenet(shape);
}

}  // namespace
}  // namespace whisperwave::testing

int main() {
  using namespace whisperwave::testing;
  RandomShapes shapes(23);
  for (std::uint64_t seed = 0; seed < many(5, 2); ++seed) {
    const SmallWavenet network(shapes.feed_forward(many(70, 32)), seed);
    whole_is_stepped(network);
    the_receptive_field_is_as_stated(network);
    any_finite_input_has_a_finite_answer(network);
  }
  const SmallWavenet effect = an_effect();
  a_reset_stream_starts_again(effect);
  a_condition_holds_from_the_next_frame(effect);
  an_input_that_is_not_finite_counts_as_zero(effect);
  an_answer_that_overflows_counts_as_zero(effect);
  what_is_no_whole_frame_is_left_out(effect);
  an_output_may_take_the_place_of_its_input(effect);
  what_does_not_fit_is_refused();
  return failures;
}
