// `process` and `reset` allocate nothing: every allocator the program could reach is counted, and
// the counter is shown to count first.
#include <vector>

#include "checking.h"
#include "counted_memory.h"
#include "small_wavenet.h"
#include "whisperwave/convnet.h"

namespace whisperwave::testing {
namespace {

template <class Work>
long count(Work work) {
  const long before = memory.allocations;
  work();
  return memory.allocations - before;
}

void the_counter_counts() {
  void* volatile kept = nullptr;  // a compiler may remove an allocation that nobody can see
  const auto plain = [&] {
    kept = ::operator new(64);
    ::operator delete(kept);
  };
  check(count(plain) == 1, "operator new is counted");
#if defined(__GLIBC__)
  const auto aligned = [&] {
    kept = ::operator new(64, std::align_val_t{64});
    ::operator delete(kept, std::align_val_t{64});
  };
  const auto c_style = [&] {
    kept = std::malloc(64);
    kept = std::realloc(kept, 128);
    std::free(kept);
    kept = std::calloc(8, 8);
    std::free(kept);
  };
  check(count(aligned) == 1, "aligned operator new is counted");
  check(count(c_style) == 3, "malloc, realloc and calloc are counted");
#endif
  const auto container = [&] {
    std::vector<int> values(100);
    kept = values.data();
  };
  check(count(container) == 1, "a container's memory is counted");
}

void processing_allocates_nothing() {
  const SmallWavenet network(small_shape());
  const std::vector<float> style = network.style();
  const std::vector<std::int32_t> prime(300, 7);
  std::vector<float> out(500);
  for (const InstructionSet set : available_instruction_sets()) {
    for (const Sampling sampling : {Sampling{}, Sampling{0.0F, 0, 1.0F}, Sampling{0.8F, 9, 0.7F}}) {
      WavenetStream stream(network.model(set), {style, sampling, 1, 2});
      check(count([&] { stream.prime({prime, {}}); }) == 0, "prime allocates nothing");
      check(count([&] { stream.process(out); }) == 0, "process allocates nothing");
      check(count([&] { stream.steer(style); }) == 0, "steer allocates nothing");
      check(count([&] { stream.reset(); }) == 0, "reset allocates nothing");
    }
  }
}

void filtering_allocates_nothing() {
  WavenetShape shape = small_shape();
  shape.head = Head::numbers;
  shape.classes = 0;
  shape.numbers = 2;
  const SmallWavenet network(shape);
  const std::vector<float> style = network.style();
  const std::vector<float> in(500, 0.5F);
  std::vector<float> out(1000);
  for (const InstructionSet set : available_instruction_sets()) {
    for (const Precision precision : kPrecisions) {
      const auto model =
          std::make_shared<const ConvnetModel>(shape, network.tensors(), precision, set);
      ConvnetStream stream(model, style);
      check(count([&] { stream.process(in, out); }) == 0, "filtering allocates nothing");
      check(count([&] { stream.process({in.data(), 1}, {out.data(), 2}); }) == 0,
            "filtering a frame allocates nothing");
      check(count([&] { stream.steer(style); }) == 0, "steering a filter allocates nothing");
      check(count([&] { stream.reset(); }) == 0, "resetting a filter allocates nothing");
    }
  }
}

}  // namespace
}  // namespace whisperwave::testing

int main() {
  whisperwave::testing::the_counter_counts();
  whisperwave::testing::processing_allocates_nothing();
  whisperwave::testing::filtering_allocates_nothing();
  return whisperwave::testing::failures;
}
