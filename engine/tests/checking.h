// Checks that count instead of aborting: a release build deletes `assert`, not these.
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstring>
#include <span>
#include <sstream>
#include <string>

#include "whisperwave/refusal.h"

namespace whisperwave::testing {

// Emulators and sanitizers are ten to a hundred times slower: they are given a handful.
#if defined(WHISPERWAVE_HANDFUL)
inline constexpr bool kHandful = true;
#else
inline constexpr bool kHandful = false;
#endif
constexpr std::size_t many(std::size_t whole, std::size_t handful) noexcept {
  return kHandful ? handful : whole;
}

inline int failures = 0;

inline void check(bool held, const std::string& what) {
  if (held) return;
  ++failures;
  std::fprintf(stderr, "FAILED: %s\n", what.c_str());
}

// All parts, one after another.
template <class... Parts>
std::string said(const Parts&... parts) {
  std::ostringstream joined;
  (joined << ... << parts);
  return joined.str();
}

// Equal to the last bit, the sign of a zero included.
inline bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

// That `work` is refused, by this code, and with a remedy.
template <class Work>
void check_refused(Work work, const std::string& code, const std::string& what) {
  try {
    work();
    check(false, said(what, " is refused"));
  } catch (const Refusal& refusal) {
    check(refusal.code == code, said(what, " is refused by ", code, ", not by ", refusal.code));
    check(!refusal.remedy.empty(), said(what, ": the remedy says what to do"));
  }
}

}  // namespace whisperwave::testing
