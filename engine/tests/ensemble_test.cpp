// Streams side by side: each gets the bits that it would get alone, whatever shares the work.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

#include "checking.h"
#include "small_wavenet.h"

namespace whisperwave::testing {
namespace {

constexpr std::size_t kSamples = many(120, 20);

using Model = std::shared_ptr<const WavenetModel>;
using Streams = std::vector<std::unique_ptr<WavenetStream>>;

// Each with a seed, a condition and a temperature of its own.
std::unique_ptr<WavenetStream> opened(const Model& model, std::size_t index) {
  const float place = static_cast<float>(index);
  const std::vector<float> condition(model->shape().conditioning_channels, 0.2F * place - 0.5F);
  const Sampling sampling{0.8F + 0.1F * place};
  return std::make_unique<WavenetStream>(model,
                                         WavenetStreamOptions{condition, sampling, index, index});
}

std::vector<float> alone(const Model& model, std::size_t index, std::size_t samples) {
  std::vector<float> out(samples * model->shape().channels);
  opened(model, index)->process(out);
  return out;
}

struct Together {
  Together(const Model& model, std::size_t count, std::size_t threads)
      : channels(model->shape().channels), ensemble(model, count, threads) {
    for (std::size_t i = 0; i < count; ++i) streams.push_back(opened(model, i));
    heard.resize(count);
  }

  // Play those of the streams for which `plays` holds.
  template <class Plays>
  void play(std::size_t samples, Plays plays) {
    std::vector<WavenetStream*> some;
    std::vector<std::span<float>> places;
    for (std::size_t i = 0; i < streams.size(); ++i) {
      if (!plays(i)) continue;
      heard[i].resize(heard[i].size() + samples * channels);
      some.push_back(streams[i].get());
      places.push_back(std::span(heard[i]).last(samples * channels));
    }
    ensemble.process(some, places);
  }

  std::size_t channels;
  WavenetEnsemble ensemble;
  Streams streams;
  std::vector<std::vector<float>> heard;
};

void together_as_alone(const SmallWavenet& network) {
  for (const Precision precision : kPrecisions) {
    const Model model = network.model(available_instruction_sets().back(), precision);
    for (const std::size_t count : {1U, 2U, 5U, 16U}) {
      for (const std::size_t threads : {1U, 2U, 4U}) {
        Together together(model, count, threads);
        for (const std::size_t block : {std::size_t{1}, std::size_t{7}, kSamples - 8}) {
          together.play(block, [](std::size_t) { return true; });
        }
        for (std::size_t i = 0; i < count; ++i) {
          check(together.heard[i] == alone(model, i, kSamples), "together as alone");
        }
      }
    }
  }
}

void streams_join_and_leave(const SmallWavenet& network) {
  const Model model = network.model(available_instruction_sets().back());
  Together together(model, 6, 2);
  for (std::size_t round = 0; round < 24; ++round) {
    together.play(5, [round](std::size_t i) { return (round >> (i % 4)) % 2 == 0; });
  }
  for (std::size_t i = 0; i < 6; ++i) {
    check(together.heard[i] == alone(model, i, together.heard[i].size() / together.channels),
          "who comes and goes does not change what a stream plays");
  }
}

// What each place has room for is known to the engine, so nothing is written past its end.
void refuses_places_of_other_sizes() {
  const SmallWavenet network(small_mixture(Head::logistics));  // of two channels
  const Model model = network.model(InstructionSet::scalar);
  const auto first = opened(model, 0);
  const auto second = opened(model, 1);
  const std::vector<WavenetStream*> streams = {first.get(), second.get()};
  WavenetEnsemble ensemble(model, 2, 1);
  std::vector<float> out(16);
  const auto play = [&](std::size_t one, std::size_t other) {
    const std::vector<std::span<float>> places = {std::span(out).first(one),
                                                  std::span(out).last(other)};
    ensemble.process(streams, places);
  };
  check_refused([&] { play(4, 6); }, "BAD_BUFFER", "one place longer than the other");
  check_refused([&] { play(5, 5); }, "BAD_BUFFER", "half a sample");
  play(0, 0);
  play(8, 8);
  check(std::vector<float>(out.begin(), out.begin() + 8) == alone(model, 0, 4),
        "a refusal changes nothing");
}

void refuses_what_cannot_be(const SmallWavenet& network) {
  const Model model = network.model(InstructionSet::scalar);
  const Model other = network.model(InstructionSet::scalar);
  const auto stream = opened(model, 0);
  const auto strange = opened(other, 0);
  std::vector<float> out(8 * model->shape().channels);
  const auto place = std::span(out).first(model->shape().channels);
  WavenetEnsemble ensemble(model, 1, 1);
  const auto play = [&](std::vector<WavenetStream*> streams) {
    const std::vector<std::span<float>> places(streams.size(), place);
    ensemble.process(streams, places);
  };
  check_refused([&] { play({stream.get(), stream.get()}); }, "BAD_ENSEMBLE", "more streams than room");
  check_refused([&] { play({strange.get()}); }, "BAD_ENSEMBLE", "a stream of another model");
  check_refused([&] { play({nullptr}); }, "BAD_ENSEMBLE", "no stream in a place");
  check_refused([&] { WavenetEnsemble(model, 1, 0); }, "BAD_THREADS", "no thread");
  check_refused([&] { WavenetEnsemble(model, 1, 1000); }, "BAD_THREADS", "a thousand threads");
  check_refused([&] { WavenetEnsemble(model, 0, 1); }, "BAD_ENSEMBLE", "no stream");
  WavenetEnsemble two(model, 2, 1);
  const std::vector<WavenetStream*> twice = {stream.get(), stream.get()};
  const std::vector<std::span<float>> places = {place, place};
  check_refused([&] { two.process(twice, places); }, "BAD_ENSEMBLE", "a stream twice");
  play({stream.get()});
  check(std::vector<float>(out.begin(), out.begin() + 1) == alone(model, 0, 1),
        "a refusal changes nothing");
}

}  // namespace
}  // namespace whisperwave::testing

int main() {
  using namespace whisperwave::testing;
  const SmallWavenet network(small_shape());
  if (!kHandful) together_as_alone(network);
  together_as_alone(SmallWavenet(small_mixture(whisperwave::Head::logistics)));
  streams_join_and_leave(network);
  refuses_what_cannot_be(network);
  refuses_places_of_other_sizes();
  return failures;
}
