// Which kernels run: chosen from what the processor and this build offer, or forced by name.
#pragma once

#include <string_view>
#include <vector>

namespace whisperwave {

enum class InstructionSet { scalar, neon, avx2, avx512, avx512vnni, avx512bf16 };

// Every set gives the same bits (see docs/explanation/engine.md); they differ in speed.
std::string_view name_of(InstructionSet set) noexcept;

// The sets that this build holds and this processor runs, slowest first; never empty.
std::vector<InstructionSet> available_instruction_sets();

// The set called `name`, or the fastest available for "auto". Throws Refusal.
InstructionSet instruction_set(std::string_view name);

// Throws Refusal on a set that is not available here.
void check(InstructionSet set);

}  // namespace whisperwave
