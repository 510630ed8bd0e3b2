// How much room activations take on their way through a WaveNet, known before any is allocated.
#pragma once

#include "kernels/kernels.h"
#include "whisperwave/wavenet.h"

namespace whisperwave {

// Frames that go through a layer at once: a multiple of the kernels' tiles, few enough for their
// activations to stay in the second-level cache.
inline constexpr std::size_t kChunk = 48;

// The numbers of one frame at each place, padded to whole vectors.
struct WavenetRoom {
  explicit WavenetRoom(const WavenetShape& s) noexcept
      : x(padded(s.residual_channels)),
        taps((s.kernel_size - 1) * x),
        sums(2 * padded(s.dilation_channels)),
        gated(s.layers() * padded(s.dilation_channels)),
        skip(padded(s.skip_channels)),
        end(padded(s.end_channels)),
        predictions(padded(s.outputs())) {}

  // Of all, at most: some are there as they are written and as products hear them.
  std::size_t numbers() const noexcept {
    return 2 * (x + skip + end) + taps + sums + gated + predictions;
  }

  std::size_t x;      // the residual stream
  std::size_t taps;   // what a layer's older taps see
  std::size_t sums;   // filters, then gates
  std::size_t gated;  // of all layers
  std::size_t skip;
  std::size_t end;
  std::size_t predictions;
};

// Refuse, by arithmetic and before any allocation, more streams at once than memory should hold.
void check_ensemble(const WavenetShape& shape, std::size_t streams);

}  // namespace whisperwave
