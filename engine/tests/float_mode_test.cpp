// However the caller's thread rounds, traps and takes denormal numbers, the engine gives the same
// bits, on helper threads too, and the caller's mode is there again after each call.
#include <cfenv>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "checking.h"
#include "small_wavenet.h"
#include "whisperwave/all_pole.h"
#include "whisperwave/convnet.h"

#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

namespace whisperwave::testing {
namespace {

using Values = std::vector<float>;

constexpr float kDenormal = 1e-40F;

// A way in which a thread may have been set up before it calls, and how that is seen again.
struct Mode {
  std::string name;
  std::function<void()> set;
};

std::vector<Mode> modes() {
  std::vector<Mode> modes = {
      {"as usual", [] {}},
      {"rounding up", [] { std::fesetround(FE_UPWARD); }},
      {"rounding down", [] { std::fesetround(FE_DOWNWARD); }},
  };
#if defined(__SSE2__)
  modes.push_back({"flushing", [] { _mm_setcsr(_mm_getcsr() | 0x8040U); }});
  modes.push_back({"trapping", [] {
                     constexpr unsigned kTraps = _MM_MASK_INVALID | _MM_MASK_DIV_ZERO |
                                                 _MM_MASK_OVERFLOW | _MM_MASK_UNDERFLOW;
                     _mm_setcsr(_mm_getcsr() & ~kTraps);
                   }});
#endif
  return modes;
}

unsigned mode_now() {
#if defined(__SSE2__)
  constexpr unsigned kFlags = 0x3F;  // of what happened, not of how to count
  return _mm_getcsr() & ~kFlags;
#else
  return static_cast<unsigned>(std::fegetround());
#endif
}

// `work` on a thread set to `mode`, which must be in that mode afterwards.
template <class Work>
void in(const Mode& mode, const char* what, Work work) {
  std::fenv_t before;
  std::fegetenv(&before);
  mode.set();
  const unsigned set = mode_now();
  work();
  const unsigned found = mode_now();
  std::fesetenv(&before);
  check(found == set, said(what, " gives the mode back: ", mode.name));
}

// All that a stream can be asked for, each call in `mode`.
Values played(const SmallWavenet& network, const Tensors& tensors, Precision precision,
              const Mode& mode, std::size_t threads) {
  const WavenetShape& shape = network.shape();
  const Values style = network.style();
  std::shared_ptr<const WavenetModel> model;
  std::unique_ptr<WavenetStream> one, other;
  std::unique_ptr<WavenetEnsemble> ensemble;
  Values heard(40 * shape.channels, kDenormal);
  Values out(3 * 96 * shape.channels);
  const auto part = [&](std::size_t index) { return std::span(out).subspan(index * out.size() / 3, out.size() / 3); };
  in(mode, "opening a model", [&] {
    model = std::make_shared<const WavenetModel>(shape, tensors, network.codec(0.5F), precision,
                                                 available_instruction_sets().back());
  });
  in(mode, "opening streams", [&] {
    one = std::make_unique<WavenetStream>(model, WavenetStreamOptions{style, {0.7F}, 1, 0});
    other = std::make_unique<WavenetStream>(model, WavenetStreamOptions{style, {0.7F}, 1, 1});
    ensemble = std::make_unique<WavenetEnsemble>(model, 2, threads);
  });
  in(mode, "prime", [&] { one->prime({{}, heard}); });
  in(mode, "steer", [&] { one->steer(style); });
  in(mode, "process", [&] { one->process(part(0)); });
  in(mode, "an ensemble", [&] {
    const std::vector<WavenetStream*> streams = {one.get(), other.get()};
    const std::vector<std::span<float>> places = {part(1), part(2)};
    ensemble->process(streams, places);
  });
  Values told(40 * shape.outputs());
  in(mode, "predict", [&] { other->predict({{}, heard}, told); });
  in(mode, "reset", [&] { other->reset(); });
  out.insert(out.end(), told.begin(), told.end());
  return out;
}

void every_mode_gives_the_same_bits_and_comes_back() {
  const SmallWavenet network(small_mixture(Head::gaussians));
  for (const Precision precision : kPrecisions) {
    const Values expected = played(network, network.tensors(), precision, modes().front(), 1);
    for (const Mode& mode : modes()) {
      for (const std::size_t threads : {1U, 3U}) {
        check(same_bits(played(network, network.tensors(), precision, mode, threads), expected),
              said(mode.name, ", ", threads, " threads, ", name_of(precision)));
      }
    }
  }
}

// Each tensor in turn as small as a number can be, next to one that is 0.
void denormal_weights_are_zero() {
  const SmallWavenet network(small_mixture(Head::logistics));
  for (const Precision precision : kPrecisions) {
    for (const auto& [name, tensor] : network.tensors()) {
      Tensors tensors = network.tensors();
      const Values nothing(tensor.values.size(), 0.0F);
      const Values tiny(tensor.values.size(), kDenormal);
      if (name.starts_with("calibration") || name.starts_with("layers.1.")) continue;
      tensors.at(name).values = nothing;
      const Values expected = played(network, tensors, precision, modes().front(), 1);
      tensors.at(name).values = tiny;
      check(same_bits(played(network, tensors, precision, modes().front(), 2), expected),
            said(name, " counts as 0 in ", name_of(precision)));
    }
  }
}

void a_denormal_condition_is_zero_from_the_start_and_later() {
  const SmallWavenet network(small_shape());
  const auto model = network.model(available_instruction_sets().back());
  const Values tiny(network.style().size(), kDenormal);
  const Values nothing(tiny.size(), 0.0F);
  const auto heard = [&](const Values& first, const Values& later) {
    WavenetStream stream(model, {first, {}, 1, 0});
    Values out(60);
    stream.process(std::span(out).first(30));
    stream.steer(later);
    stream.process(std::span(out).last(30));
    return out;
  };
  check(same_bits(heard(tiny, tiny), heard(nothing, nothing)), "a condition of denormal numbers");
}

void effects_and_filters_have_one_mode_too() {
  WavenetShape shape = small_shape();
  shape.head = Head::numbers;
  shape.classes = 0;
  shape.numbers = 2;
  const SmallWavenet network(shape);
  const Values style = network.style();
  Values expected;
  for (const Mode& mode : modes()) {
    Values in_frames(90, 0.3F), out(180), audio(90, 1e-38F);
    in_frames[40] = kDenormal;
    in(mode, "an effect", [&] {
      const auto model = std::make_shared<const ConvnetModel>(
          shape, network.tensors(), Precision::int8, available_instruction_sets().back());
      ConvnetStream stream(model, style);
      stream.process(in_frames, out);
      stream.steer(style);
    });
    in(mode, "a filter", [&] {
      AllPole filter(2);
      filter.prime(Values{0.1F, kDenormal});
      filter.process(audio, std::vector<double>{0.7, -0.3}, 1.0 / 3.0);
    });
    out.insert(out.end(), audio.begin(), audio.end());
    if (expected.empty()) expected = out;
    check(same_bits(out, expected), said("an effect and a filter, ", mode.name));
  }
}

}  // namespace
}  // namespace whisperwave::testing

int main() {
  using namespace whisperwave::testing;
  every_mode_gives_the_same_bits_and_comes_back();
  denormal_weights_are_zero();
  a_denormal_condition_is_zero_from_the_start_and_later();
  effects_and_filters_have_one_mode_too();
  return failures;
}
