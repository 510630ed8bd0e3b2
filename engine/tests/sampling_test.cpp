// From a prediction to a sample: own functions against their true values, draws against the golden
// ones that the NumPy twin gives, and the distribution of many draws against theory.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "checking.h"
#include "float_mode.h"
#include "sampling/mixture.h"
#include "sampling/quantiles.h"
#include "whisperwave/philox.h"

namespace whisperwave::testing {
namespace {

const Kernels& fastest() { return kernels(available_instruction_sets().back()); }

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// Call visit(words) for every line of a golden file; false if it has none.
template <class Visit>
bool each_line(const char* name, Visit visit) {
  std::ifstream file(std::string(WHISPERWAVE_GOLDEN "/mixtures/") + name);
  bool any = false;
  for (std::string line; std::getline(file, line); any = true) visit(words_of(line));
  return any;
}

double number(const std::string& word) { return std::strtod(word.c_str(), nullptr); }

double applied(const std::string& function, double argument) {
  if (function == "exponential") return exponential(argument);
  if (function == "logarithm") return logarithm(argument);
  if (function == "logistic_quantile") return logistic_quantile(argument);
  return normal_quantile(argument);
}

void functions_are_true_and_golden() {
  const bool any = each_line("functions.txt", [](const std::vector<std::string>& words) {
    const double ours = applied(words[0], number(words[1]));
    const double truth = number(words[2]);
    const double size = std::max(1.0, std::abs(truth));
    check(std::abs(ours - truth) <= 1e-14 * size, said(words[0], "(", words[1], ") is true"));
    check(std::bit_cast<std::uint64_t>(ours) == std::bit_cast<std::uint64_t>(number(words[3])),
          said(words[0], "(", words[1], ") has the golden bits"));
  });
  check(any, "functions.txt is there");
}

void draws_are_golden() {
  const bool any = each_line("draws.txt", [](const std::vector<std::string>& words) {
    const Head head = words[0] == "logistics" ? Head::logistics : Head::gaussians;
    std::vector<float> parameters;
    for (std::size_t i = 5; i < words.size(); ++i) {
      parameters.push_back(static_cast<float>(number(words[i])));
    }
    Mixture mixture({static_cast<float>(number(words[1]))}, head, parameters.size() / 3);
    const auto which = static_cast<std::uint32_t>(std::stoul(words[2]));
    const auto where = static_cast<std::uint32_t>(std::stoul(words[3]));
    const auto expected = static_cast<float>(number(words[4]));
    for (const InstructionSet set : available_instruction_sets()) {
      const float drawn = mixture.draw(kernels(set), parameters.data(), which, where);
      check(same_bits({&drawn, 1}, {&expected, 1}),
            said("the golden draw of ", words[0], " ", words[2], " ", words[3]));
    }
  });
  check(any, "draws.txt is there");
}

void the_smallest_share_keeps_the_most_likely_class() {
  std::vector<float> logits(20);
  logits[13] = 1.0F;
  const float smallest = std::numeric_limits<float>::denorm_min();
  for (const InstructionSet set : available_instruction_sets()) {
    Sampler sampler({1.0F, 0, smallest}, logits.size(), 0);
    const OwnFloatMode guard;  // as in `process`
    for (const std::uint32_t bits : {0U, 0x80000000U, 0xFFFFFFFFU}) {
      check(sampler.draw(kernels(set), logits.data(), bits) == 13,
            said("top_p ", smallest, " keeps one class on ", name_of(set)));
    }
  }
}

struct Component {
  double logit;
  double mean;
  double log_scale;
};
const std::vector<Component> kComponents = {{0.3, -0.4, -2.0}, {-0.5, 0.2, -3.0}, {1.0, 0.5, -1.5}};

// The share of a mixture that lies at or below x; the temperature flattens the choice and
// multiplies the variances.
double share_below(Head head, double temperature, double x) {
  double below = 0.0;
  double whole = 0.0;
  for (const Component& component : kComponents) {
    const double weight = std::exp(component.logit / temperature);
    const double z =
        (x - component.mean) / (std::exp(component.log_scale) * std::sqrt(temperature));
    const double part = head == Head::logistics ? 1.0 / (1.0 + std::exp(-z))
                                                : 0.5 * std::erfc(-z / std::sqrt(2.0));
    below += weight * part;
    whole += weight;
  }
  return below / whole;
}

std::vector<float> parameters_of(const std::vector<Component>& components) {
  std::vector<float> told;
  for (const Component& each : components) told.push_back(static_cast<float>(each.logit));
  for (const Component& each : components) told.push_back(static_cast<float>(each.mean));
  for (const Component& each : components) told.push_back(static_cast<float>(each.log_scale));
  return told;
}

// Kolmogorov and Smirnov: the largest distance between the two distribution functions. Of a
// thousand seeds one would pass 1.95; this one is fixed. What is cut off at 1 is not counted.
void draws_follow_theory(Head head, float temperature) {
  constexpr std::size_t kDraws = 20'000;
  const std::vector<float> parameters = parameters_of(kComponents);
  Mixture mixture({temperature}, head, kComponents.size());
  std::vector<double> drawn;
  for (std::size_t n = 0; n < kDraws; ++n) {
    const auto words = random_words(1, 2, n);
    drawn.push_back(
        static_cast<double>(mixture.draw(fastest(), parameters.data(), words[0], words[1])));
  }
  std::ranges::sort(drawn);
  double distance = 0.0;
  for (std::size_t n = 0; n < kDraws; ++n) {
    if (std::abs(drawn[n]) == 1.0) continue;
    const double theory = share_below(head, static_cast<double>(temperature), drawn[n]);
    const double before = static_cast<double>(n) / kDraws;
    const double after = static_cast<double>(n + 1) / kDraws;
    distance = std::max({distance, theory - before, after - theory});
  }
  check(distance * std::sqrt(static_cast<double>(kDraws)) < 1.95,
        said("draws at temperature ", temperature, " follow their distribution"));
}

void classes_follow_theory() {
  constexpr std::size_t kDraws = 20'000;
  const std::vector<float> logits = {0.0F, 1.0F, -2.0F, 0.5F, 0.0F};
  Sampler sampler({0.8F}, logits.size(), 0);
  std::vector<double> counts(logits.size());
  for (std::size_t n = 0; n < kDraws; ++n) {
    counts[sampler.draw(fastest(), logits.data(), random_words(1, 3, n)[0])] += 1.0;
  }
  double whole = 0.0;
  for (const float logit : logits) whole += std::exp(static_cast<double>(logit) / 0.8);
  double chi_squared = 0.0;
  for (std::size_t c = 0; c < logits.size(); ++c) {
    const double expected = kDraws * std::exp(static_cast<double>(logits[c]) / 0.8) / whole;
    chi_squared += (counts[c] - expected) * (counts[c] - expected) / expected;
  }
  check(chi_squared < 18.5, "classes are drawn as often as their probability says");  // 4 of freedom
}

void without_temperature_the_likeliest_mean_is_drawn() {
  const std::vector<float> parameters = parameters_of(kComponents);
  Mixture mixture({0.0F}, Head::gaussians, kComponents.size());
  for (const std::uint32_t word : {0U, 1U << 31U, ~0U}) {
    check(mixture.draw(fastest(), parameters.data(), word, word) == 0.5F, "its mean");
  }
}

void only_the_likeliest_component_and_its_middle_are_drawn_from() {
  const std::vector<float> parameters = parameters_of(kComponents);
  Mixture likeliest({1.0F, 1, 0.2F}, Head::logistics, kComponents.size());
  const Component& chosen = kComponents[2];
  const double reach = std::exp(chosen.log_scale) * std::log(0.6 / 0.4);  // quantile of 1/2 + 0.2/2
  for (std::uint64_t n = 0; n < 1000; ++n) {
    const auto words = random_words(1, 4, n);
    const float drawn = likeliest.draw(fastest(), parameters.data(), words[0], words[1]);
    check(std::abs(static_cast<double>(drawn) - chosen.mean) <= reach + 1e-6, "near the mean");
  }
}

void what_only_classes_know_is_refused() {
  for (const Sampling sampling :
       {Sampling{1.0F, 0, 1.0F, 0.1F}, Sampling{-1.0F}, Sampling{NAN}, Sampling{INFINITY},
        Sampling{1.0F, 0, 0.0F}, Sampling{1.0F, 0, 1.5F}}) {
    check_refused([&] { Mixture(sampling, Head::logistics, 2); }, "BAD_SAMPLING", "of a mixture");
  }
}

}  // namespace
}  // namespace whisperwave::testing

int main() {
  using namespace whisperwave;
  testing::functions_are_true_and_golden();
  testing::draws_are_golden();
  testing::the_smallest_share_keeps_the_most_likely_class();
  for (const Head head : {Head::logistics, Head::gaussians}) {
    for (const float temperature : {1.0F, 0.5F, 1.3F}) {
      testing::draws_follow_theory(head, temperature);
    }
  }
  testing::classes_follow_theory();
  testing::without_temperature_the_likeliest_mean_is_drawn();
  testing::only_the_likeliest_component_and_its_middle_are_drawn_from();
  testing::what_only_classes_know_is_refused();
  return testing::failures;
}
