#include "whisperwave/limits.h"

#include <algorithm>
#include <ctime>
#include <string>

#include "aligned_buffer.h"
#include "kernels/kernels.h"
#include "whisperwave/refusal.h"

namespace whisperwave {
namespace {

constexpr int kTrials = 10;
constexpr int kPassesPerLook = 4;  // a look at the clock takes about a microsecond

constexpr std::size_t kMostBytes = std::size_t{1} << 31U;
constexpr double kMostSeconds = 600.0;

void check_within(const char* what, double value, double most) {
  if (value > 0.0 && value <= most) return;
  throw Refusal("BAD_MEASURE", std::string(what) + "=" + std::to_string(value) + " is out of range.",
                "Use more than 0, up to " + std::to_string(most) + ".");
}

// Of the processor, so that another program's turn on it does not count.
double seconds_used() noexcept {
  return static_cast<double>(std::clock()) / static_cast<double>(CLOCKS_PER_SEC);
}

// The best rate of `pass`, which says how much it did.
template <class Pass>
double best_rate(double seconds, Pass pass) {
  check_within("seconds", seconds, kMostSeconds);
  double best = 0.0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const double start = seconds_used();
    double elapsed = 0.0;
    double done = 0.0;
    while (elapsed <= seconds / kTrials) {
      for (int i = 0; i < kPassesPerLook; ++i) done += pass();
      elapsed = seconds_used() - start;
    }
    best = std::max(best, done / elapsed);
  }
  return best;
}

}  // namespace

double measure_memory_read(InstructionSet set, std::size_t bytes, double seconds) {
  check(set);
  check_within("bytes", static_cast<double>(bytes), static_cast<double>(kMostBytes));
  const AlignedBuffer<float> block(std::max<std::size_t>(bytes / sizeof(float), 1));
  const Kernels& kernel = kernels(set);
  volatile float sink = kernel.read(block.data(), block.size());  // keeps the reads in the program
  const double best = best_rate(seconds, [&] {
    sink = kernel.read(block.data(), block.size());
    return static_cast<double>(block.size() * sizeof(float));
  });
  static_cast<void>(sink);
  return best;
}

double measure_arithmetic(InstructionSet set, Precision precision, double seconds) {
  check(set);
  constexpr std::size_t kRounds = 4096;
  const Kernels& kernel = kernels(set);
  auto* const multiply_add = precision == Precision::float32    ? kernel.float32.multiply_add
                             : precision == Precision::bfloat16 ? kernel.bfloat16.multiply_add
                                                                : kernel.int8.multiply_add;
  AlignedBuffer<float> sums(kLanes);
  return best_rate(
      seconds, [&] { return static_cast<double>(multiply_add(kRounds, sums.data())); });
}

}  // namespace whisperwave
