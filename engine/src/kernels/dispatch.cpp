#include <array>
#include <string>

#include "kernels/kernels.h"
#include "kernels/sets.h"
#include "whisperwave/precision.h"
#include "whisperwave/refusal.h"

namespace whisperwave {
namespace {

struct Entry {
  InstructionSet set;
  const Kernels* kernels;
  bool (*runs)() noexcept;
};

bool always() noexcept { return true; }

#if defined(WHISPERWAVE_X86)
std::size_t bytes_ahead() noexcept { return __builtin_cpu_is("intel") != 0 ? 1024 : 128; }

// These ask the operating system too.
bool runs_avx2() noexcept {
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
}
bool runs_avx512() noexcept {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0;
}
bool runs_avx512vnni() noexcept {
  return runs_avx512() && __builtin_cpu_supports("avx512vnni") != 0;
}
bool runs_avx512bf16() noexcept {
  return runs_avx512vnni() && __builtin_cpu_supports("avx512bf16") != 0;
}
#endif

// Slowest first.
constexpr std::array kEntries = {
    Entry{InstructionSet::scalar, &kScalarKernels, always},
#if defined(WHISPERWAVE_NEON)
    Entry{InstructionSet::neon, &kNeonKernels, always},  // every 64-bit ARM has it
#endif
#if defined(WHISPERWAVE_X86)
    Entry{InstructionSet::avx2, &kAvx2Kernels, runs_avx2},
    Entry{InstructionSet::avx512, &kAvx512Kernels, runs_avx512},
    Entry{InstructionSet::avx512vnni, &kAvx512VnniKernels, runs_avx512vnni},
    Entry{InstructionSet::avx512bf16, &kAvx512Bf16Kernels, runs_avx512bf16},
#endif
};

// Of all there are, also in other builds, in the order of the enumeration.
constexpr std::array<std::string_view, 6> kNames = {"scalar", "neon",       "avx2",
                                                    "avx512", "avx512vnni", "avx512bf16"};
constexpr std::array<std::string_view, 3> kPrecisions = {"float32", "bfloat16", "int8"};

const Entry& entry(InstructionSet set) noexcept {
  for (const Entry& each : kEntries) {
    if (each.set == set) return each;
  }
  return kEntries.front();
}

}  // namespace

#if defined(WHISPERWAVE_X86)
const std::size_t kAvx512FetchAhead = bytes_ahead();
#endif

std::string_view name_of(InstructionSet set) noexcept {
  return kNames[static_cast<std::size_t>(set)];
}

std::vector<InstructionSet> available_instruction_sets() {
  std::vector<InstructionSet> sets;
  for (const Entry& each : kEntries) {
    if (each.runs()) sets.push_back(each.set);
  }
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

void check(InstructionSet set) { static_cast<void>(instruction_set(name_of(set))); }

const Kernels& kernels(InstructionSet set) noexcept { return *entry(set).kernels; }

std::string_view name_of(Precision precision) noexcept {
  return kPrecisions[static_cast<std::size_t>(precision)];
}

Precision precision(std::string_view name) {
  for (std::size_t i = 0; i < kPrecisions.size(); ++i) {
    if (name == kPrecisions[i]) return static_cast<Precision>(i);
  }
  throw Refusal("NO_PRECISION", "precision '" + std::string(name) + "' is unknown.",
                "Use float32, bfloat16 or int8.");
}

}  // namespace whisperwave
