#include "whisperwave/memory_read.h"

#include <algorithm>
#include <ctime>

#include "aligned_buffer.h"
#include "kernels/kernels.h"

namespace whisperwave {

namespace {

constexpr int kPassesPerLook = 4;  // a look at the clock takes about a microsecond

// Of the processor, so that another program's turn on it does not count.
double seconds_used() noexcept {
  return static_cast<double>(std::clock()) / static_cast<double>(CLOCKS_PER_SEC);
}

}  // namespace

double measure_memory_read(InstructionSet set, std::size_t bytes, double seconds) {
  constexpr int kTrials = 10;
  const AlignedBuffer<float> block(std::max<std::size_t>(bytes / sizeof(float), 1));
  const Kernels& kernel = kernels(set);
  volatile float sink = kernel.read(block.data(), block.size());  // keeps the reads in the program
  double best = 0.0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const double start = seconds_used();
    double elapsed = 0.0;
    double passes = 0.0;
    while (elapsed <= seconds / kTrials) {
      for (int pass = 0; pass < kPassesPerLook; ++pass) {
        sink = kernel.read(block.data(), block.size());
      }
      passes += kPassesPerLook;
      elapsed = seconds_used() - start;
    }
    best = std::max(best, passes * static_cast<double>(block.size() * sizeof(float)) / elapsed);
  }
  static_cast<void>(sink);
  return best;
}

}  // namespace whisperwave
