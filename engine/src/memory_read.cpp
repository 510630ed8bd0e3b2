#include "whisperwave/memory_read.h"

#include <algorithm>
#include <chrono>

#include "aligned_buffer.h"
#include "kernels/kernels.h"

namespace whisperwave {

double measure_memory_read(InstructionSet set, std::size_t bytes, double seconds) {
  using Clock = std::chrono::steady_clock;
  constexpr int kTrials = 10;
  const AlignedBuffer<float> block(std::max<std::size_t>(bytes / sizeof(float), 1));
  const Kernels& kernel = kernels(set);
  volatile float sink = kernel.read(block.data(), block.size());  // keeps the reads in the program
  double best = 0.0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const auto start = Clock::now();
    double elapsed = 0.0;
    double passes = 0.0;
    while (elapsed < seconds / kTrials) {
      sink = kernel.read(block.data(), block.size());
      passes += 1.0;
      elapsed = std::chrono::duration<double>(Clock::now() - start).count();
    }
    best = std::max(best, passes * static_cast<double>(block.size() * sizeof(float)) / elapsed);
  }
  static_cast<void>(sink);
  return best;
}

}  // namespace whisperwave
