// Threads x blocks x precisions x architectures: what is heard depends on none of the first two.
#include <algorithm>
#include <memory>
#include <vector>

#include "checking.h"
#include "random_shapes.h"
#include "small_wavenet.h"

namespace whisperwave::testing {
namespace {

constexpr std::size_t kSamples = 500;
constexpr std::size_t kStreams = 3;
const std::vector<std::size_t> kThreads =
    kHandful ? std::vector<std::size_t>{2, 4} : std::vector<std::size_t>{1, 2, 4, 8};
const std::vector<std::size_t> kBlocks = kHandful
                                             ? std::vector<std::size_t>{7, 480}
                                             : std::vector<std::size_t>{1, 7, 64, 480, kSamples};

using Model = std::shared_ptr<const WavenetModel>;

std::unique_ptr<WavenetStream> opened(const Model& model, const std::vector<float>& style,
                                      std::uint64_t stream) {
  return std::make_unique<WavenetStream>(model, WavenetStreamOptions{style, {}, 3, stream});
}

// All streams in an ensemble, one after another in the result.
std::vector<float> together(const Model& model, const std::vector<float>& style,
                            std::size_t threads, std::size_t block) {
  const std::size_t size = kSamples * model->shape().channels;
  WavenetEnsemble ensemble(model, kStreams, threads);
  std::vector<std::unique_ptr<WavenetStream>> streams;
  std::vector<WavenetStream*> playing;
  for (std::size_t i = 0; i < kStreams; ++i) {
    streams.push_back(opened(model, style, i));
    playing.push_back(streams.back().get());
  }
  std::vector<float> heard(kStreams * size);
  for (std::size_t start = 0; start < kSamples; start += block) {
    const std::size_t samples = std::min(block, kSamples - start);
    const std::size_t channels = model->shape().channels;
    std::vector<std::span<float>> places;
    for (std::size_t i = 0; i < kStreams; ++i) {
      places.emplace_back(heard.data() + i * size + start * channels, samples * channels);
    }
    ensemble.process(playing, places);
  }
  return heard;
}

// Each by itself.
std::vector<float> alone(const Model& model, const std::vector<float>& style, std::size_t block) {
  const std::size_t channels = model->shape().channels;
  std::vector<float> heard;
  for (std::size_t i = 0; i < kStreams; ++i) {
    const auto stream = opened(model, style, i);
    std::vector<float> out(kSamples * channels);
    for (std::size_t start = 0; start < kSamples; start += block) {
      const std::size_t count = std::min(block, kSamples - start);
      stream->process(std::span(out).subspan(start * channels, count * channels));
    }
    heard.insert(heard.end(), out.begin(), out.end());
  }
  return heard;
}

void one_sound_however_it_is_made(const SmallWavenet& network) {
  const std::vector<float> style = network.style();
  for (const Precision precision : kPrecisions) {
    const Model model = network.model(available_instruction_sets().back(), precision);
    const std::vector<float> expected = alone(model, style, kSamples);
    for (const std::size_t block : kBlocks) {
      check(same_bits(alone(model, style, block), expected),
            said("blocks of ", block, ": ", text(*model)));
      for (const std::size_t threads : kThreads) {
        check(same_bits(together(model, style, threads, block), expected),
              said(threads, " threads, blocks of ", block, ": ", text(*model)));
      }
    }
  }
}

}  // namespace
}  // namespace whisperwave::testing

int main() {
  using namespace whisperwave::testing;
  RandomShapes shapes(7);
  for (std::uint64_t seed = 0; seed < many(4, 1); ++seed) {
    one_sound_however_it_is_made(SmallWavenet(shapes.any(many(40, 16)), seed));
  }
  one_sound_however_it_is_made(SmallWavenet(shapes.fixed(many(2, 1)), 4));
  return failures;
}
