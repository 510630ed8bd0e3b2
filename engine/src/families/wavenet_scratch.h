// Room for activations on their way through a WaveNet: of several moments of one stream, or of one
// moment of several streams. Nothing in it outlives a call.
#pragma once

#include <type_traits>

#include "aligned_buffer.h"
#include "kernels/kernels.h"
#include "whisperwave/wavenet.h"

namespace whisperwave {

template <class T>
class Activations {
 public:
  Activations(std::size_t frames, std::size_t channels)
      : frames_(frames), channels_(channels), values_(frames * channels) {}

  Frames<T> from(std::size_t frame, std::size_t channel = 0) noexcept {
    return {values_.data() + frame * channels_ + channel, channels_};
  }
  std::size_t frames() const noexcept { return frames_; }
  std::size_t channels() const noexcept { return channels_; }

 private:
  std::size_t frames_;
  std::size_t channels_;
  AlignedBuffer<T> values_;
};

// Activations that kernels write as floats and that products read: in int8 as bytes, else as they
// are, in place or, where they will be written again, as a copy.
template <class Heard>
class HeardActivations {
 public:
  HeardActivations(std::size_t frames, std::size_t channels, bool copied = false)
      : written_(frames, channels),
        heard_(copied || !std::is_same_v<Heard, float> ? frames : 0, channels) {}

  Frames<float> written(std::size_t frame) noexcept { return written_.from(frame); }
  Frames<Heard> heard(std::size_t frame) noexcept {
    if constexpr (std::is_same_v<Heard, float>) {
      if (heard_.frames() == 0) return written_.from(frame);
    }
    return heard_.from(frame);
  }
  std::size_t channels() const noexcept { return written_.channels(); }

 private:
  Activations<float> written_;
  Activations<Heard> heard_;
};

template <class Heard>
struct WavenetScratch {
  WavenetScratch(const WavenetShape& s, std::size_t frames)
      : x(frames, padded(s.residual_channels), true),
        taps(frames, (s.kernel_size - 1) * padded(s.residual_channels)),
        sums(frames, 2 * padded(s.dilation_channels)),
        gated(frames, s.layers() * padded(s.dilation_channels)),
        skip(frames, padded(s.skip_channels)),
        end(frames, padded(s.end_channels)),
        predictions(frames, padded(s.outputs())) {}

  HeardActivations<Heard> x;   // the residual stream
  Activations<Heard> taps;     // what a layer's older taps see
  Activations<float> sums;     // filters, then gates
  Activations<Heard> gated;    // of all layers
  HeardActivations<Heard> skip;
  HeardActivations<Heard> end;
  Activations<float> predictions;
};

}  // namespace whisperwave
