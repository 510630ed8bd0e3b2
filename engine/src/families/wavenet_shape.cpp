#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "kernels/kernels.h"
#include "whisperwave/refusal.h"
#include "whisperwave/wavenet.h"

namespace whisperwave {
namespace {

// Each size is bounded first, so that no product of them below can pass 64 bits.
constexpr std::size_t kMostChannels = std::size_t{1} << 16U;
constexpr std::size_t kMostTaps = std::size_t{1} << 10U;
constexpr std::size_t kMostLayers = std::size_t{1} << 12U;
constexpr std::size_t kMostLayersPerBlock = 24;  // a dilation of 2^23 samples, 3 minutes at 48 kHz
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
  const std::size_t classes = padded(s.classes);
  const std::size_t layer = 2 * dilated * (s.kernel_size * residual + s.conditioning_channels) +
                            residual * dilated + skip * dilated;
  return s.layers() * layer + end * skip + classes * end +
         s.initial_kernel_size * classes * residual;
}

void check_bytes(std::string_view what, std::size_t floats) {
  if (floats <= kMostBytes / sizeof(float)) return;
  throw Refusal("TOO_LARGE",
                std::string(what) + " would take " + std::to_string(floats) + " numbers.",
                "Use fewer channels, layers or taps: at most 2 GiB are allowed.");
}

}  // namespace

void check(const WavenetShape& s) {
  check_range("layers_per_block", s.layers_per_block, 1, kMostLayersPerBlock);
  check_range("blocks", s.blocks, 1, kMostLayers);
  check_range("layers", s.layers(), 1, kMostLayers);
  check_range("kernel_size", s.kernel_size, 1, kMostTaps);
  check_range("initial_kernel_size", s.initial_kernel_size, 1, kMostTaps);
  check_range("residual_channels", s.residual_channels, 1, kMostChannels);
  check_range("dilation_channels", s.dilation_channels, 1, kMostChannels);
  check_range("skip_channels", s.skip_channels, 1, kMostChannels);
  check_range("end_channels", s.end_channels, 1, kMostChannels);
  check_range("classes", s.classes, 2, kMostChannels);
  check_range("conditioning_channels", s.conditioning_channels, 0, kMostChannels);
  check_bytes("the weights", padded_weights(s));
  check_bytes("a stream's memory", s.reach() * padded(s.residual_channels));
}

std::size_t WavenetShape::reach() const noexcept {
  const std::size_t dilations = blocks * ((std::size_t{1} << layers_per_block) - 1);
  return (kernel_size - 1) * dilations;
}

std::size_t WavenetShape::multiply_adds() const noexcept {
  const std::size_t layer = 2 * kernel_size * residual_channels * dilation_channels +
                            residual_channels * dilation_channels +
                            dilation_channels * skip_channels;
  return layers() * layer + skip_channels * end_channels + end_channels * classes;
}

}  // namespace whisperwave
