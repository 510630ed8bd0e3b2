// Room for activations on their way through a WaveNet: of several moments of one stream, or of one
// moment of several streams. Nothing in it outlives a call.
#pragma once

#include <type_traits>

#include "aligned_buffer.h"
#include "families/wavenet_room.h"

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
  WavenetScratch(const WavenetRoom& room, std::size_t frames)
      : x(frames, room.x, true),
        taps(frames, room.taps),
        sums(frames, room.sums),
        gated(frames, room.gated),
        skip(frames, room.skip),
        end(frames, room.end),
        predictions(frames, room.predictions) {}

  HeardActivations<Heard> x;
  Activations<Heard> taps;
  Activations<float> sums;
  Activations<Heard> gated;
  HeardActivations<Heard> skip;
  HeardActivations<Heard> end;
  Activations<float> predictions;
};

}  // namespace whisperwave
