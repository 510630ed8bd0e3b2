// Memory that runs out at the first allocation, the second, the third and so on, once and for good,
// until the work is done without meeting it: each time there is an error, nothing is leaked, and
// what was there before goes on as if nothing had happened (the method of SQLite's tests).
#include <memory>
#include <system_error>
#include <vector>

#include "checking.h"
#include "counted_memory.h"
#include "small_wavenet.h"
#include "whisperwave/all_pole.h"
#include "whisperwave/convnet.h"

namespace whisperwave::testing {
namespace {

// Few and narrow layers: every allocation is one run of the whole.
WavenetShape tiny(Head head) {
  WavenetShape shape;
  shape.dilations = {1, 2};
  shape.kernel_size = 3;
  shape.residual_channels = shape.dilation_channels = shape.skip_channels = shape.end_channels = 3;
  shape.conditioning_channels = 2;
  shape.initial_kernel_size = 2;
  shape.head = head;
  if (head == Head::softmax) shape.classes = 5;
  if (head == Head::gaussians) shape.components = 2;
  if (head == Head::numbers) shape.numbers = 1;
  return shape;
}

enum class End { done, refused, out_of_memory };

template <class Work>
End end_of(Work work) {
  try {
    work();
    return End::done;
  } catch (const std::bad_alloc&) {
    return End::out_of_memory;
  } catch (const Refusal&) {
    return End::refused;
  }
}

// How many points of failure `work` has; it leaves nothing behind.
template <class Work>
void survives(const std::string& what, Work work) {
  work();  // what the system keeps for later, as the stack of a thread, it has now
  for (const bool for_good : {false, true}) {
    long points = 0;
    for (bool failed = true; failed; ++points) {
      const long before = memory.blocks;
      memory.failed = false;
      memory.stays_exhausted = for_good;
      memory.until_failure = points;
      const End end = end_of(work);
      memory.until_failure = -1;
      failed = memory.failed;
      const long left = memory.blocks - before;
      if (failed != (end != End::done)) check(false, said(what, " says so, at ", points));
      if (left != 0) check(false, said(what, " leaks nothing, at ", points, ": ", left));
    }
    check(points > 1, said(what, " allocates"));
  }
}

void opening_survives(Head head, Precision precision) {
  const SmallWavenet network(tiny(head));
  const std::vector<float> style = network.style();
  const std::string name = said(name_of(precision), ", head ", static_cast<int>(head));
  const InstructionSet set = available_instruction_sets().back();
  survives("a model of " + name, [&] { network.model(set, precision); });
  const auto model = network.model(set, precision);
  const WavenetStreamOptions options = {style, {}, 1, 0};
  survives("a stream of " + name, [&] { WavenetStream(model, options); });
  survives("an ensemble of " + name, [&] { WavenetEnsemble(model, 3, 1); });
}

void effects_and_filters_survive() {
  const SmallWavenet network(tiny(Head::numbers));
  const std::vector<float> style = network.style();
  const InstructionSet set = available_instruction_sets().back();
  for (const Precision precision : kPrecisions) {
    const auto open = [&] {
      return std::make_shared<const ConvnetModel>(network.shape(), network.tensors(), precision,
                                                  set);
    };
    survives(said("an effect in ", name_of(precision)), [&] { open(); });
    const auto model = open();
    survives("a stream of an effect", [&] { ConvnetStream(model, style); });
  }
  survives("a filter", [] { AllPole(20); });
}

// A team whose threads the system refuses ends with those it had begun.
void a_team_survives() {
  const SmallWavenet network(tiny(Head::softmax));
  const auto model = network.model(InstructionSet::scalar);
  survives("an ensemble of four threads", [&] { WavenetEnsemble(model, 3, 4); });
}

// Refusals are made of text: without memory for it they are no memory.
void refusing_survives() {
  const SmallWavenet network(tiny(Head::softmax));
  const auto model = network.model(InstructionSet::scalar);
  for (long point = 0; point < 6; ++point) {
    memory.until_failure = point;
    memory.stays_exhausted = true;
    const End end = end_of([&] { WavenetStream(model, {{}, {}, 1, 0}); });
    memory.until_failure = -1;
    check(end != End::done, "a stream without its condition is no stream");
  }
}

// A stream plays on in the middle of all that: it needs no memory.
void what_plays_goes_on_when_memory_has_run_out() {
  const SmallWavenet network(tiny(Head::gaussians));
  const auto model = network.model(available_instruction_sets().back());
  const std::vector<float> style = network.style();
  WavenetStream plain(model, {style, {}, 1, 0});
  WavenetStream poor(model, {style, {}, 1, 0});
  std::vector<float> expected(100), out(100);
  plain.process(expected);
  memory.stays_exhausted = true;
  memory.until_failure = 0;
  poor.process(std::span(out).first(50));
  const End end = end_of([&] { WavenetStream(model, {style, {}, 1, 0}); });
  poor.process(std::span(out).last(50));
  memory.until_failure = -1;
  check(end == End::out_of_memory, "there was no memory for another stream");
  check(same_bits(out, expected), "what plays, plays on");
}

void absurd_sizes_are_refused_before_memory_is_asked_for() {
  WavenetShape shape = tiny(Head::softmax);
  shape.residual_channels = shape.dilation_channels = 20'000;
  memory.largest = 0;
  check_refused([&] { WavenetModel(shape, {}, {}, Precision::int8, InstructionSet::scalar); },
                "TOO_LARGE", "more weights than 2 GiB");
  check_refused([&] { AllPole(std::size_t{1} << 40U); }, "BAD_ORDER", "a filter of a terabyte");
  check(memory.largest < 4096, "nothing large was asked for");
}

// Each layer's skip is there, but small: the matrix of all is not made before all have been seen.
void a_tensor_is_seen_before_its_matrix_is_made() {
  const SmallWavenet network(tiny(Head::softmax));
  WavenetShape wide = network.shape();
  wide.conditioning_channels = 60'000;
  for (const char* name : {"layers.0.skip.weight", "layers.1.conditioning.weight", "end1.weight"}) {
    Tensors tensors = network.tensors();
    tensors.erase(name);
    memory.largest = 0;
    check_refused(
        [&] {
          WavenetModel(network.shape(), tensors, network.codec(0.0F), Precision::float32,
                       InstructionSet::scalar);
        },
        "MISSING_TENSOR", name);
  }
  memory.largest = 0;
  check_refused(
      [&] {
        WavenetModel(wide, network.tensors(), network.codec(0.0F), Precision::float32,
                     InstructionSet::scalar);
      },
      "BAD_TENSOR", "a condition of another size");
  check(memory.largest < 65'536, said("no matrix was made for it, of ", memory.largest));
}

}  // namespace
}  // namespace whisperwave::testing

int main() {
  using namespace whisperwave;
  for (const Head head : {Head::softmax, Head::gaussians}) {
    for (const Precision precision : testing::kPrecisions) {
      testing::opening_survives(head, precision);
    }
  }
  testing::effects_and_filters_survive();
  testing::a_team_survives();
  testing::refusing_survives();
  testing::what_plays_goes_on_when_memory_has_run_out();
  testing::absurd_sizes_are_refused_before_memory_is_asked_for();
  testing::a_tensor_is_seen_before_its_matrix_is_made();
  return testing::failures;
}
