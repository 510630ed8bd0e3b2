// The fuzz target: bytes become a shape, tensors, a codec, a precision, sampling options and a few
// calls (drawn_model.h, wavenet_play.h); see trial.h for what is demanded of them. Linked with
// libFuzzer, or with replay.cpp where the compiler has none.
#include "trial.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  whisperwave::fuzzing::tried({data, size});
  return 0;
}
