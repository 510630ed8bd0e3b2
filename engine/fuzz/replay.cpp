// The fuzz target without libFuzzer, for every compiler. Cases are files of bytes:
//
//   model_loader_replay FILE|FOLDER...                 each once
//   model_loader_replay --fuzz SECONDS LAST FOLDER     those in FOLDER, changed at random
//   model_loader_replay --write CASES LAST FOLDER      a case of each kind, among random ones
//
// LAST is a file with the newest case: where the program ends early, the one that ended it.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "trial.h"

namespace whisperwave::fuzzing {
namespace {

namespace fs = std::filesystem;

using Case = std::vector<std::uint8_t>;
using Random = std::mt19937;

constexpr std::size_t kMostBytes = 160;

std::size_t below(Random& random, std::size_t count) { return random() % count; }

Case read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return Case(std::istreambuf_iterator<char>(file), {});
}

void write(const fs::path& path, const Case& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

std::vector<fs::path> files(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(path)) found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

Case random_case(Random& random) {
  Case bytes(8 + below(random, 88));
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

// A byte changed, put in or taken out, or the end replaced by that of another.
void change(Case& bytes, const Case& other, Random& random) {
  const auto byte = static_cast<std::uint8_t>(random());
  const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(below(random, bytes.size() + 1));
  switch (below(random, 4)) {
    case 0:
      if (place != bytes.end()) *place = byte;
      break;
    case 1: bytes.insert(place, byte); break;
    case 2:
      if (place != bytes.end()) bytes.erase(place);
      break;
    default: {
      const auto from = other.begin() + static_cast<std::ptrdiff_t>(below(random, other.size() + 1));
      bytes.erase(place, bytes.end());
      bytes.insert(bytes.end(), from, other.end());
    }
  }
  bytes.resize(std::min(bytes.size(), kMostBytes));
}

int replay(const std::vector<std::string>& paths) {
  std::size_t count = 0;
  for (const std::string& path : paths) {
    for (const fs::path& file : files(path)) {
      std::printf("%s\n", file.filename().string().c_str());
      std::fflush(stdout);  // so that the last line names the case that ends the program
      tried(read(file));
      ++count;
    }
  }
  std::printf("replayed %zu cases\n", count);
  return count > 0 ? 0 : 1;
}

// What distinguishes outcomes from one another: a case that leads to a new one is worth changing.
std::string kind(const Outcome& outcome) {
  std::string kind = outcome.model;
  for (const std::string& code : outcome.refusals) kind += " " + code;
  return kind + (outcome.heard.empty() ? "" : " heard");
}

int fuzz(double seconds, const fs::path& last, const fs::path& folder) {
  std::vector<Case> cases(1);
  for (const fs::path& file : files(folder)) cases.push_back(read(file));
  Random random(1);
  std::set<std::string> kinds;
  std::size_t executions = 0;
  const auto start = std::chrono::steady_clock::now();
  const std::chrono::duration<double> time(seconds);
  while (std::chrono::steady_clock::now() - start < time) {
    Case bytes = cases[below(random, cases.size())];
    for (std::size_t n = 1 + below(random, 5); n > 0; --n) {
      change(bytes, cases[below(random, cases.size())], random);
    }
    write(last, bytes);
    if (kinds.insert(kind(tried(bytes))).second) cases.push_back(bytes);
    ++executions;
  }
  std::printf("executions %zu, kinds %zu\n", executions, kinds.size());
  return 0;
}

// The label of a case worth keeping: one that plays a little without a refusal, or gets a single one.
std::string label(const Outcome& outcome) {
  constexpr std::size_t kLittle = 1000;
  if (outcome.refusals.size() > 1 || outcome.heard.size() > kLittle) return {};
  return outcome.refusals.empty() ? outcome.model : *outcome.refusals.begin();
}

int write_corpus(std::size_t cases, const fs::path& last, const fs::path& folder) {
  struct Best {
    std::size_t heard;
    Case bytes;
  };
  std::map<std::string, Best> best;
  Random random(1);
  for (std::size_t n = 0; n < cases; ++n) {
    Case bytes = random_case(random);
    write(last, bytes);
    const Outcome outcome = tried(bytes);
    const std::string name = label(outcome);
    const auto found = best.find(name);
    if (found == best.end() || outcome.heard.size() > found->second.heard) {
      best[name] = {outcome.heard.size(), std::move(bytes)};
    }
  }
  best.erase(std::string());
  for (const auto& [name, kept] : best) write(folder / name, kept.bytes);
  std::printf("wrote %zu cases\n", best.size());
  return 0;
}

}  // namespace
}  // namespace whisperwave::fuzzing

int main(int count, char** words) {
  using namespace whisperwave::fuzzing;
  const std::vector<std::string> given(words + 1, words + count);
  if (given.size() == 4 && given[0] == "--fuzz") return fuzz(std::stod(given[1]), given[2], given[3]);
  if (given.size() == 4 && given[0] == "--write") {
    return write_corpus(std::stoul(given[1]), given[2], given[3]);
  }
  return replay(given);
}
