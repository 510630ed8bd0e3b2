#include "kernels/kernels.h"

#include <string>

#include "whisperwave/refusal.h"

namespace whisperwave {
namespace {

bool runs_avx512() noexcept {
#if defined(WHISPERWAVE_AVX512)
  return __builtin_cpu_supports("avx512f") != 0;  // asks the operating system too
#else
  return false;
#endif
}

}  // namespace

std::string_view name_of(InstructionSet set) noexcept {
  return set == InstructionSet::avx512 ? "avx512" : "scalar";
}

std::vector<InstructionSet> available_instruction_sets() {
  std::vector<InstructionSet> sets = {InstructionSet::scalar};
  if (runs_avx512()) sets.push_back(InstructionSet::avx512);
  return sets;
}

InstructionSet instruction_set(std::string_view name) {
  const auto sets = available_instruction_sets();
  if (name == "auto") return sets.back();
  std::string offered = "auto";
  for (const InstructionSet set : sets) {
    if (name == name_of(set)) return set;
    offered += ", " + std::string(name_of(set));
  }
  throw Refusal("NO_INSTRUCTION_SET",
                "instruction set '" + std::string(name) + "' is not available here.",
                "Use one of " + offered + ".");
}

const Kernels& kernels(InstructionSet set) noexcept {
#if defined(WHISPERWAVE_AVX512)
  if (set == InstructionSet::avx512) return kAvx512Kernels;
#endif
  static_cast<void>(set);
  return kScalarKernels;
}

}  // namespace whisperwave
