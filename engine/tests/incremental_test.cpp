// Incremental = parallel: samples that are played one at a time, primed one by one, primed at once
// or predicted at once meet the same numbers, bit for bit, on every instruction set.
#include <algorithm>
#include <cmath>
#include <vector>

#include "checking.h"
#include "families/heard.h"
#include "families/wavenet_state.h"
#include "random_shapes.h"
#include "small_wavenet.h"

namespace whisperwave::testing {
namespace {

constexpr std::size_t kSamples = 120;  // more than two of the chunks in which priming works
constexpr std::size_t kPrimed = 70;

using Model = std::shared_ptr<const WavenetModel>;

// What a stream plays when it draws each sample itself, and what it foretold before each draw.
struct Played {
  std::vector<std::int32_t> classes;
  std::vector<float> values;
  std::vector<float> predictions;  // a row for each sample

  Samples samples(std::size_t first, std::size_t count, std::size_t channels) const {
    if (!classes.empty()) return {std::span(classes).subspan(first, count), {}};
    return {{}, std::span(values).subspan(first * channels, count * channels)};
  }
};

// With a codec that decodes every class to another value and de-emphasises nothing.
template <class Heard>
Played stepped(const Model& model, const WavenetStreamOptions& options) {
  const WavenetShape& shape = model->shape();
  WavenetStateOf<Heard> state(model, options);
  const WavenetNetwork<Heard> network(*model);
  WavenetScratch<Heard> scratch(WavenetRoom(shape), 1);
  Played played;
  std::vector<float> audio(shape.channels);
  for (std::size_t n = 0; n < kSamples; ++n) {
    state.step_layers(scratch);
    network.conclude(scratch, 1);
    const float* prediction = scratch.predictions.from(0).data;
    played.predictions.insert(played.predictions.end(), prediction, prediction + shape.outputs());
    state.draw(network.kernels(), prediction, audio.data());
    if (shape.head == Head::softmax) {
      const float place = audio[0] * static_cast<float>(shape.classes);
      played.classes.push_back(static_cast<std::int32_t>(std::lround(place)));
    } else {
      played.values.insert(played.values.end(), audio.begin(), audio.end());
    }
  }
  return played;
}

Played stepped(const Model& model, const WavenetStreamOptions& options) {
  return with_heard(model->precision(), [&]<class Heard>(std::type_identity<Heard>) {
    return stepped<Heard>(model, options);
  });
}

// Before the first sample was silence.
Played after_silence(const Played& played, const WavenetShape& shape) {
  Played heard = played;
  if (shape.head == Head::softmax) {
    heard.classes.insert(heard.classes.begin(), 0);
  } else {
    heard.values.insert(heard.values.begin(), shape.channels, 0.0F);
  }
  return heard;
}

// Call visit(first, count) for pieces of `total`, each of at most `most` samples.
template <class Visit>
void in_pieces(std::size_t total, std::size_t most, Visit visit) {
  for (std::size_t first = 0; first < total; first += most) {
    visit(first, std::min(most, total - first));
  }
}

void predictions_are_those_of_stepping(const Model& model, const WavenetStreamOptions& options,
                                       const Played& played) {
  const WavenetShape& shape = model->shape();
  const Played heard = after_silence(played, shape);
  for (const std::size_t most : {std::size_t{1}, std::size_t{7}, std::size_t{50}, kSamples}) {
    WavenetStream stream(model, options);
    std::vector<float> predictions(played.predictions.size());
    in_pieces(kSamples, most, [&](std::size_t first, std::size_t count) {
      stream.predict(heard.samples(first, count, shape.channels),
                     std::span(predictions)
                         .subspan(first * shape.outputs(), count * shape.outputs()));
    });
    check(same_bits(predictions, played.predictions),
          said("predict of ", most, " at once is stepping: ", text(*model)));
  }
}

void primes_are_alike(const Model& model, const WavenetStreamOptions& options,
                      const Played& played) {
  const WavenetShape& shape = model->shape();
  const Played heard = after_silence(played, shape);
  std::vector<float> expected;
  for (const std::size_t most : {std::size_t{1}, std::size_t{7}, std::size_t{49}, kPrimed}) {
    WavenetStream stream(model, options);
    in_pieces(kPrimed, most, [&](std::size_t first, std::size_t count) {
      stream.prime(heard.samples(first, count, shape.channels));
    });
    std::vector<float> out(20 * shape.channels);
    stream.process(out);
    if (expected.empty()) expected = out;
    check(same_bits(out, expected),
          said("priming with ", most, " at once is stepping: ", text(*model)));
  }
}

void a_primed_stream_foretells_the_rest(const Model& model, const WavenetStreamOptions& options,
                                        const Played& played) {
  const WavenetShape& shape = model->shape();
  const Played heard = after_silence(played, shape);
  WavenetStream stream(model, options);
  stream.prime(heard.samples(0, kPrimed, shape.channels));
  std::vector<float> predictions((kSamples - kPrimed) * shape.outputs());
  stream.predict(heard.samples(kPrimed, kSamples - kPrimed, shape.channels), predictions);
  check(same_bits(predictions, std::span(played.predictions).last(predictions.size())),
        said("prime, then predict, is stepping: ", text(*model)));
}

void incremental_is_parallel(const SmallWavenet& network) {
  const std::vector<float> style = network.style();
  const WavenetStreamOptions options = {style, {}, 5, 6};
  for (const Precision precision : kPrecisions) {
    std::vector<float> expected;
    for (const InstructionSet set : available_instruction_sets()) {
      const Model model = network.model(set, precision, 0.0F);
      const Played played = stepped(model, options);
      if (expected.empty()) expected = played.predictions;
      check(same_bits(played.predictions, expected), said("as the scalar set: ", text(*model)));
      predictions_are_those_of_stepping(model, options, played);
      primes_are_alike(model, options, played);
      a_primed_stream_foretells_the_rest(model, options, played);
    }
  }
}

}  // namespace
}  // namespace whisperwave::testing

int main() {
  using namespace whisperwave::testing;
  RandomShapes shapes(11);
  for (std::uint64_t seed = 0; seed < many(12, 3); ++seed) {
    incremental_is_parallel(SmallWavenet(shapes.any(many(70, 40)), seed));
  }
  for (std::uint64_t seed = 0; seed < many(2, 1); ++seed) {
    for (const std::size_t vectors : {1U, 2U, 4U}) {
      incremental_is_parallel(SmallWavenet(shapes.fixed(vectors), seed));
    }
  }
  return failures;
}
