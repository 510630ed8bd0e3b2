#include <numeric>
#include <string>
#include <string_view>

#include "families/wavenet_room.h"
#include "whisperwave/refusal.h"
#include "whisperwave/wavenet.h"

namespace whisperwave {
namespace {

// Each size is bounded first, so that no product of them below can pass 64 bits.
constexpr std::size_t kMostChannels = std::size_t{1} << 16U;
constexpr std::size_t kMostTaps = std::size_t{1} << 10U;
constexpr std::size_t kMostLayers = std::size_t{1} << 12U;
constexpr std::size_t kMostDilation = std::size_t{1} << 23U;  // of samples: 3 minutes at 48 kHz
constexpr std::size_t kMostComponents = std::size_t{1} << 10U;
constexpr std::size_t kMostBytes = std::size_t{1} << 31U;  // for the weights, and for one stream

void check_range(std::string_view name, std::size_t value, std::size_t least, std::size_t most) {
  if (value >= least && value <= most) return;
  throw Refusal("BAD_SHAPE", std::string(name) + "=" + std::to_string(value) + " is out of range.",
                "Use " + std::to_string(least) + " to " + std::to_string(most) + ".");
}

std::size_t padded_weights(const WavenetShape& s) noexcept {
  const std::size_t residual = padded(s.residual_channels);
  const std::size_t dilated = padded(s.dilation_channels);
  const std::size_t skip = padded(s.skip_channels);
  const std::size_t end = padded(s.end_channels);
  const std::size_t heard = s.head == Head::softmax ? s.classes : s.channels;
  const std::size_t layer = 2 * dilated * (s.kernel_size * residual + padded(s.conditioning_channels)) +
                            residual * dilated + skip * dilated;
  return s.layers() * layer + end * skip + padded(s.outputs()) * end +
         s.initial_kernel_size * heard * residual;
}

// What a stream remembers, and the room in which it works (wavenet_trunk.h).
std::size_t stream_numbers(const WavenetShape& s) noexcept {
  const WavenetRoom room(s);
  const std::size_t history = s.reach() * room.x + (s.initial_kernel_size + kChunk) * s.channels;
  return history + kChunk * room.numbers() + s.layers() * (room.taps + 2 * room.sums);
}

void check_bytes(std::string_view what, std::size_t floats) {
  if (floats <= kMostBytes / sizeof(float)) return;
  throw Refusal("TOO_LARGE",
                std::string(what) + " would take " + std::to_string(floats) + " numbers.",
                "Use fewer channels, layers, taps or streams: at most 2 GiB are allowed.");
}

void check_head(const WavenetShape& s) {
  const bool numbers = s.head == Head::numbers;
  check_range("numbers", s.numbers, numbers ? 1 : 0, numbers ? kMostChannels : 0);
  if (s.head == Head::softmax) {
    check_range("classes", s.classes, 2, kMostChannels);
    check_range("components", s.components, 0, 0);
    check_range("channels", s.channels, 1, 1);
  } else {
    check_range("classes", s.classes, 0, 0);
    check_range("components", s.components, numbers ? 0 : 1, numbers ? 0 : kMostComponents);
    check_range("channels", s.channels, 1, kMostChannels);
  }
}

}  // namespace

void check(const WavenetShape& s) {
  check_range("layers", s.layers(), 1, kMostLayers);
  for (const std::size_t dilation : s.dilations) check_range("dilation", dilation, 1, kMostDilation);
  check_range("kernel_size", s.kernel_size, 1, kMostTaps);
  check_range("initial_kernel_size", s.initial_kernel_size, 1, kMostTaps);
  check_range("residual_channels", s.residual_channels, 1, kMostChannels);
  check_range("dilation_channels", s.dilation_channels, 1, kMostChannels);
  check_range("skip_channels", s.skip_channels, 1, kMostChannels);
  check_range("end_channels", s.end_channels, 1, kMostChannels);
  check_range("conditioning_channels", s.conditioning_channels, 0, kMostChannels);
  check_head(s);
  check_bytes("the weights", padded_weights(s));
  check_bytes("a stream", stream_numbers(s));
}

void check_ensemble(const WavenetShape& shape, std::size_t streams) {
  check_bytes(std::to_string(streams) + " streams at once", streams * WavenetRoom(shape).numbers());
}

std::size_t WavenetShape::reach() const noexcept {
  return (kernel_size - 1) * std::accumulate(dilations.begin(), dilations.end(), std::size_t{0});
}

std::size_t WavenetShape::outputs() const noexcept {
  return classes + channels * 3 * components + numbers;  // the others are 0
}

std::size_t WavenetShape::multiply_adds() const noexcept {
  const std::size_t layer = 2 * kernel_size * residual_channels * dilation_channels +
                            residual_channels * dilation_channels +
                            dilation_channels * skip_channels;
  return layers() * layer + skip_channels * end_channels + end_channels * outputs();
}

}  // namespace whisperwave
