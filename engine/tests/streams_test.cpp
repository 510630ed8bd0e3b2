// The engine alone, without Python: streams share a model, and no cut changes a bit.
#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

#include "checking.h"
#include "families/wavenet_state.h"
#include "small_wavenet.h"

namespace whisperwave::testing {
namespace {

constexpr std::size_t kSize = many(600, 90);
const std::vector<std::size_t> kBlocks = kHandful ? std::vector<std::size_t>{14, 64}
                                                  : std::vector<std::size_t>{2, 14, 64, 480};

std::vector<float> played(const std::shared_ptr<const WavenetModel>& model,
                          const std::vector<float>& style, std::uint64_t seed, std::size_t block) {
  WavenetStream stream(model, {style, {}, seed, 0});
  std::vector<float> out(kSize);
  for (std::size_t start = 0; start < out.size(); start += block) {
    stream.process(std::span(out).subspan(start, std::min(block, out.size() - start)));
  }
  return out;
}

void blocks_and_instruction_sets_agree(const SmallWavenet& network) {
  for (const Precision precision : kPrecisions) {
    const auto plain = network.model(InstructionSet::scalar, precision);
    const auto expected = played(plain, network.style(), 1, kSize);
    for (const InstructionSet set : available_instruction_sets()) {
      const auto model = network.model(set, precision);
      for (const std::size_t block : kBlocks) {
        check(played(model, network.style(), 1, block) == expected,
              "every block size on every instruction set gives the same samples");
      }
    }
  }
}

void streams_share_a_model(const SmallWavenet& network) {
  const auto model = network.model(available_instruction_sets().back());
  std::vector<std::vector<float>> together(many(64, 8));
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < together.size(); ++i) {
    threads.emplace_back([&, i] { together[i] = played(model, network.style(), i, 50); });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < together.size(); ++i) {
    check(together[i] == played(model, network.style(), i, kSize), "together as alone");
  }
}

void steering_holds_from_the_next_sample_on(const SmallWavenet& network) {
  const auto model = network.model(available_instruction_sets().back());
  const std::vector<float> other(network.style().size(), -1.0F);
  const std::vector<float> plain = played(model, network.style(), 1, kSize);
  WavenetStream stream(model, {network.style(), {}, 1, 0});
  std::vector<float> out(kSize);
  constexpr std::size_t kThird = kSize / 3;
  stream.process(std::span(out).first(kThird));
  stream.steer(network.style());
  stream.process(std::span(out).subspan(kThird, kThird));
  check(std::equal(out.begin(), out.begin() + 2 * kThird, plain.begin()),
        "the same again is no change");
  stream.steer(other);
  stream.process(std::span(out).last(kThird));
  check(!std::equal(out.end() - kThird, out.end(), plain.end() - kThird),
        "another condition is heard");
}

void a_refused_condition_changes_nothing(const SmallWavenet& network) {
  const auto model = network.model(InstructionSet::scalar);
  WavenetStream stream(model, {network.style(), {}, 1, 0});
  for (const std::vector<float>& bad :
       {std::vector<float>{}, std::vector<float>(network.style().size(), NAN)}) {
    check_refused([&] { stream.steer(bad); }, bad.empty() ? "BAD_STYLE" : "NONFINITE",
                  "a condition that does not fit");
  }
  std::vector<float> out(kSize);
  stream.process(out);
  check(out == played(model, network.style(), 1, kSize), "a refusal leaves the stream as it was");
}

// The caller's array may change between the check and the use: past the check, any number is safe.
void classes_that_change_after_the_check_are_read_as_the_last(const SmallWavenet& network) {
  const auto model = network.model(available_instruction_sets().back());
  const std::vector<float> style = network.style();
  const auto heard = [&](const std::vector<std::int32_t>& classes) {
    WavenetStateOf<float> state(model, {style, {}, 1, 0});
    state.prime({classes, {}});
    std::vector<float> out(40);
    state.process(out);
    return out;
  };
  const std::int32_t last = 59;
  check(heard({3, 1 << 30, 60, -1, 5, -7}) == heard({3, last, last, last, 5, last}),
        "no class is beyond the last");
}

void predictions_over_their_samples_are_refused() {
  const SmallWavenet network(small_mixture(Head::logistics));
  const std::size_t outputs = network.shape().outputs();
  const std::vector<float> style = network.style();
  WavenetStream stream(network.model(InstructionSet::scalar), {style, {}, 1, 0});
  std::vector<float> room(outputs + 2);
  for (const std::size_t at : {std::size_t{0}, std::size_t{1}, outputs - 1}) {
    check_refused(
        [&] { stream.predict({{}, std::span(room).subspan(at, 2)}, std::span(room).first(outputs)); },
        "BAD_BUFFER", "one array for both");
  }
  stream.predict({{}, std::span(room).last(2)}, std::span(room).first(outputs));  // side by side
}

void half_a_sample_is_silent() {
  const SmallWavenet network(small_mixture(Head::logistics));  // of two channels
  const auto model = network.model(available_instruction_sets().back());
  const std::vector<float> style = network.style();
  WavenetStream stream(model, {style, {}, 1, 0});
  std::vector<float> out(21, 7.0F);
  stream.process(out);
  check(out.back() == 0.0F, "what is left over of a sample is 0");
  const std::vector<float> expected = played(model, style, 1, kSize);
  check(std::equal(out.begin(), out.end() - 1, expected.begin()), "whole samples are played");
}

void samples_out_of_range_are_refused_and_change_nothing(const SmallWavenet& network) {
  const SmallWavenet mixture(small_mixture(Head::gaussians));
  const std::vector<float> style = mixture.style();
  const auto model = mixture.model(InstructionSet::scalar);
  WavenetStream stream(model, {style, {}, 1, 0});
  std::vector<float> room(mixture.shape().outputs());
  for (const float strange : {NAN, INFINITY, -INFINITY, 1.5F, -1e30F}) {
    const std::vector<float> values = {0.0F, strange};
    const char* code = std::isfinite(strange) ? "BAD_VALUE" : "NONFINITE";
    check_refused([&] { stream.prime({{}, values}); }, code, said("to prime with ", strange));
    check_refused([&] { stream.predict({{}, values}, room); }, code, said("to hear ", strange));
  }
  const std::vector<std::int32_t> classes = {0, 0};
  check_refused([&] { stream.prime({classes, {}}); }, "BAD_BUFFER", "classes for values");
  std::vector<float> out(kSize);
  stream.process(out);
  check(out == played(model, style, 1, kSize), "a refusal leaves the stream as it was");
  WavenetStream of_classes(network.model(InstructionSet::scalar), {style, {}, 1, 0});
  for (const std::int32_t strange : {-1, 60, 1 << 30}) {
    const std::vector<std::int32_t> heard = {0, strange};
    check_refused([&] { of_classes.prime({heard, {}}); }, "BAD_CLASS", said("class ", strange));
  }
}

void a_refusal_says_what_and_what_to_do(const SmallWavenet& network) {
  const auto model = network.model(InstructionSet::scalar);
  check_refused([&] { WavenetStream(model, {{}, {}, 0, 0}); }, "BAD_STYLE", "no style");
  check_refused([&] { WavenetStream(nullptr, {{}, {}, 0, 0}); }, "NO_MODEL", "a stream of no model");
  check_refused([&] { WavenetEnsemble(nullptr, 1, 1); }, "NO_MODEL", "an ensemble of no model");
}

}  // namespace
}  // namespace whisperwave::testing

int main() {
  using namespace whisperwave::testing;
  const SmallWavenet network(small_shape());
  blocks_and_instruction_sets_agree(network);
  blocks_and_instruction_sets_agree(SmallWavenet(small_mixture(whisperwave::Head::logistics)));
  blocks_and_instruction_sets_agree(SmallWavenet(small_mixture(whisperwave::Head::gaussians)));
  streams_share_a_model(network);
  steering_holds_from_the_next_sample_on(network);
  a_refused_condition_changes_nothing(network);
  samples_out_of_range_are_refused_and_change_nothing(network);
  half_a_sample_is_silent();
  classes_that_change_after_the_check_are_read_as_the_last(network);
  predictions_over_their_samples_are_refused();
  a_refusal_says_what_and_what_to_do(network);
  return failures;
}
