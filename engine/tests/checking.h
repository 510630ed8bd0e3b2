// Checks that count instead of aborting: a release build deletes `assert`, not these.
#pragma once

#include <cstdio>

namespace whisperwave::testing {

inline int failures = 0;

inline void check(bool held, const char* what) {
  if (held) return;
  ++failures;
  std::fprintf(stderr, "FAILED: %s\n", what);
}

}  // namespace whisperwave::testing
