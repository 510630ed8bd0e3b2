// One case of the fuzzer: load the model that some bytes describe, and play it.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace whisperwave::fuzzing {

// What came of it.
struct Outcome {
  std::string model;               // head and precision, "gaussians-int8"
  std::set<std::string> refusals;  // the codes of all; "MEMORY" for std::bad_alloc
  std::vector<float> heard;
};

// Ends the program, by std::abort, if anything but a Refusal or std::bad_alloc is thrown, if audio is
// not finite, or if an instruction set refuses or plays what the scalar one does not.
Outcome tried(std::span<const std::uint8_t> bytes);

}  // namespace whisperwave::fuzzing
