// Philox4x32-10, a counter-based random generator (Salmon, Moraes, Dror and Shaw, "Parallel random
// numbers: as easy as 1, 2, 3", SC 2011). A draw depends on key and counter alone, so the sample at
// position n of a stream gets the same number however the stream was cut.
#pragma once

#include <array>
#include <cstdint>

namespace whisperwave {

using PhiloxCounter = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;

// Real-time safe.
constexpr PhiloxCounter philox4x32(PhiloxCounter counter, PhiloxKey key) noexcept {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t first = std::uint64_t{0xD2511F53U} * counter[0];
    const std::uint64_t second = std::uint64_t{0xCD9E8D57U} * counter[2];
    counter = {static_cast<std::uint32_t>(second >> 32U) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(second),
               static_cast<std::uint32_t>(first >> 32U) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(first)};
    key = {key[0] + 0x9E3779B9U, key[1] + 0xBB67AE85U};
  }
  return counter;
}

// The random words for one draw of one stream; the first are used first. Real-time safe.
constexpr PhiloxCounter random_words(std::uint64_t seed, std::uint64_t stream,
                                     std::uint64_t position) noexcept {
  const auto low = [](std::uint64_t word) { return static_cast<std::uint32_t>(word); };
  const auto high = [](std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32U); };
  return philox4x32({low(position), high(position), low(stream), high(stream)},
                    {low(seed), high(seed)});
}

}  // namespace whisperwave
