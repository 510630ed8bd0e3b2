// The all-pole filter: it puts back what prediction took, whatever the blocks.
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "checking.h"
#include "whisperwave/all_pole.h"

using namespace whisperwave;
using whisperwave::testing::check;
using whisperwave::testing::check_refused;

namespace {

constexpr std::size_t kOrder = 21;  // not a multiple of the lanes

std::vector<double> coefficients() {
  std::vector<double> foretelling(kOrder);
  for (std::size_t lag = 0; lag < kOrder; ++lag) {
    const auto place = static_cast<double>(lag);
    foretelling[lag] = 0.9 * std::cos(0.7 * place) / (2.0 + place);
  }
  return foretelling;
}

std::vector<float> excitation(std::size_t count) {
  std::vector<float> driving(count);
  for (std::size_t n = 0; n < count; ++n) {
    driving[n] = static_cast<float>(std::sin(0.37 * static_cast<double>(n * n)));
  }
  return driving;
}

void gives_back_what_prediction_took() {
  const auto foretelling = coefficients();
  const auto driving = excitation(300);
  auto audio = driving;
  AllPole filter(kOrder);
  filter.process(audio, foretelling, 0.5);
  for (std::size_t n = 0; n < audio.size(); ++n) {
    double foretold = 0.0;
    for (std::size_t lag = 1; lag <= kOrder && lag <= n; ++lag) {
      foretold += foretelling[lag - 1] * static_cast<double>(audio[n - lag]);
    }
    const double driven = static_cast<double>(audio[n]) - foretold;
    check(std::abs(driven - 0.5 * static_cast<double>(driving[n])) < 1e-6, "driven by the excitation");
  }
}

void every_cut_gives_the_same_bits() {
  const auto foretelling = coefficients();
  auto whole = excitation(300);
  auto cut = whole;
  AllPole one(kOrder), two(kOrder);
  one.process(whole, foretelling, 0.5);
  for (std::size_t start = 0, length = 1; start < cut.size(); start += length, length += 3) {
    if (length > cut.size() - start) length = cut.size() - start;
    two.process({cut.data() + start, length}, foretelling, 0.5);
  }
  check(whole == cut, "every cut");
}

void a_prime_is_what_came_before() {
  const auto foretelling = coefficients();
  auto whole = excitation(80);
  auto tail = std::vector<float>(whole.begin() + 50, whole.end());
  AllPole one(kOrder), two(kOrder);
  one.process(whole, foretelling, 1.0);
  two.prime({whole.data(), 50});
  two.process(tail, foretelling, 1.0);
  check(std::vector<float>(whole.begin() + 50, whole.end()) == tail, "a prime");
}

// A filter that grows past all floats, and samples that are none: what comes out is a number.
void whatever_comes_in_the_answer_is_finite() {
  AllPole filter(2);
  std::vector<float> audio(400, 1.0F);
  filter.process(audio, std::vector<double>{8.0, 8.0}, 1e30);
  std::vector<float> strange = {NAN, INFINITY, -INFINITY, 1.0F};
  filter.prime(strange);
  filter.process(strange, std::vector<double>{0.5, 0.5}, 1.0);
  audio.insert(audio.end(), strange.begin(), strange.end());
  for (const float sample : audio) check(std::isfinite(sample), "finite");
}

void refuses_what_is_no_filter() {
  for (const std::size_t order : {std::size_t{0}, std::size_t{1} << 31U, ~std::size_t{0}}) {
    check_refused([&] { AllPole filter(order); }, "BAD_ORDER", "an absurd order");
  }
  AllPole filter(2);
  std::vector<float> audio = {1.0F};
  for (const std::vector<double>& strange :
       {std::vector<double>{0.5, NAN}, std::vector<double>{INFINITY, 0.5}}) {
    check_refused([&] { filter.process(audio, strange, 1.0); }, "NONFINITE", "a coefficient");
  }
  const std::vector<double> sound = {0.5, 0.25};
  check_refused([&] { filter.process(audio, sound, NAN); }, "NONFINITE", "a size");
  check_refused([&] { filter.process(audio, std::span(sound).first(1), 1.0); }, "BAD_ORDER",
                "one coefficient of two");
  check(audio[0] == 1.0F, "a refusal changes nothing");
}

}  // namespace

int main() {
  gives_back_what_prediction_took();
  every_cut_gives_the_same_bits();
  a_prime_is_what_came_before();
  whatever_comes_in_the_answer_is_finite();
  refuses_what_is_no_filter();
  return whisperwave::testing::failures == 0 ? 0 : 1;
}
