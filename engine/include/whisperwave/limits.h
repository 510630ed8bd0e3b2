// How fast this machine is at most: reading memory, and multiplying. The limits of an engine that
// reads its weights and multiplies by them for every sample.
#pragma once

#include <cstddef>

#include "whisperwave/instruction_set.h"
#include "whisperwave/precision.h"

namespace whisperwave {

// Both are per second of processor time, the best of several trials of about `seconds` together, on
// one thread. Nothing else may run in the process meanwhile. They throw Refusal on no seconds, or more
// than ten minutes.

// Bytes read of a block of `bytes`, again and again. Throws Refusal on more than 2 GiB, std::bad_alloc.
double measure_memory_read(InstructionSet set, std::size_t bytes, double seconds);

// Multiply-adds of numbers that lie in the first-level cache, by one stream's kernel.
double measure_arithmetic(InstructionSet set, Precision precision, double seconds);

}  // namespace whisperwave
