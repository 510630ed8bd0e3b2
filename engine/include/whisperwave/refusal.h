// What the engine says when it will not load or run something. Thrown while loading, opening a
// stream, priming or reading logits; never from `process`.
#pragma once

#include <stdexcept>
#include <string>

namespace whisperwave {

struct Refusal : std::runtime_error {
  // `code` is stable and meant for programs; `message` holds the offending value; `remedy` says
  // what to do about it.
  Refusal(std::string code_, const std::string& message, std::string remedy_)
      : std::runtime_error(message), code(std::move(code_)), remedy(std::move(remedy_)) {}

  std::string code;
  std::string remedy;
};

}  // namespace whisperwave
