// A number as a refusal shows it.
#pragma once

#include <cstdio>
#include <string>

namespace whisperwave {

inline std::string number_text(float number) {
  char written[32];
  std::snprintf(written, sizeof written, "%g", static_cast<double>(number));
  return written;
}

}  // namespace whisperwave
