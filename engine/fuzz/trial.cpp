#include "trial.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "checking.h"
#include "convnet_play.h"
#include "drawn_model.h"
#include "wavenet_play.h"
#include "whisperwave/refusal.h"

namespace whisperwave::fuzzing {
namespace {

void demand(bool held, const char* what) {
  if (held) return;
  std::fprintf(stderr, "FAILED: %s\n", what);
  std::abort();
}

// Call `work`; a refusal is a good end of it.
template <class Work>
void allow_refusal(Outcome& outcome, Work work) {
  try {
    work();
  } catch (const Refusal& refusal) {
    demand(!refusal.code.empty() && !refusal.remedy.empty(), "a refusal has a code and a remedy");
    outcome.refusals.insert(refusal.code);
  } catch (const std::bad_alloc&) {
    outcome.refusals.insert("MEMORY");
  }
}

template <class Calls>
void play(Calls calls, Outcome& outcome) {
  while (calls.goes_on()) {
    allow_refusal(outcome, [&] { calls.act(outcome.heard); });
  }
}

std::string name_of(Head head) {
  switch (head) {
    case Head::softmax: return "softmax";
    case Head::logistics: return "logistics";
    case Head::gaussians: return "gaussians";
    default: return "numbers";
  }
}

// With the choices that are left, which are the same for each instruction set.
Outcome played(const DrawnModel& drawn, InstructionSet set, Choices choices) {
  Outcome outcome;
  outcome.model = name_of(drawn.shape().head) + "-" + std::string(name_of(drawn.precision()));
  allow_refusal(outcome, [&] {
    if (drawn.shape().head == Head::numbers && !choices.rarely()) {
      const auto model = drawn.convnet(set);
      if (drawn.is_small()) play(ConvnetPlay(model, choices), outcome);
    } else {
      const auto model = drawn.wavenet(set);
      if (drawn.is_small()) play(WavenetPlay(model, choices), outcome);
    }
  });
  demand(std::ranges::all_of(outcome.heard, [](float value) { return std::isfinite(value); }),
         "audio is finite");
  return outcome;
}

}  // namespace

Outcome tried(std::span<const std::uint8_t> bytes) {
  Choices choices(bytes);
  const auto sets = available_instruction_sets();
  const InstructionSet set = sets[sets.size() - 1 - choices.byte() % sets.size()];
  const bool is_compared = choices.byte() % 4 == 0;  // the scalar set is slow
  const DrawnModel drawn(choices);
  Outcome outcome = played(drawn, set, choices);
  if (is_compared) {
    const Outcome expected = played(drawn, InstructionSet::scalar, choices);
    demand(outcome.refusals == expected.refusals, "every instruction set refuses the same");
    demand(testing::same_bits(outcome.heard, expected.heard),
           "every instruction set plays the same");
  }
  return outcome;
}

}  // namespace whisperwave::fuzzing
