// How fast this machine reads memory: the limit of an engine that reads its weights every sample.
#pragma once

#include <cstddef>

#include "whisperwave/instruction_set.h"

namespace whisperwave {

// Bytes per second of processor time when one thread reads a block of `bytes` again and again for
// about `seconds`, the best of several trials. Nothing else may run in the process meanwhile. Throws
// std::bad_alloc.
double measure_memory_read(InstructionSet set, std::size_t bytes, double seconds);

}  // namespace whisperwave
