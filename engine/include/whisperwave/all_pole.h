// An all-pole filter whose coefficients change from call to call: what linear prediction took out
// of a sound, put back (Makhoul, "Linear prediction: a tutorial review", 1975).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace whisperwave {

class AllPole {
 public:
  explicit AllPole(std::size_t order);  // throws Refusal

  // Replace each excitation by its size times it, plus what the coefficients foretell of it from
  // the samples before, newest first. Every sum has one order, so every cut of a stream and every
  // machine gives the same bits. Throws Refusal if there are not `order` coefficients.
  void process(std::span<float> samples, std::span<const double> coefficients, double size);

  // Take samples as what came before.
  void prime(std::span<const float> samples) noexcept;

  void reset() noexcept;

 private:
  void remember(float sample) noexcept;
  double foretold(const double* coefficients) const noexcept;

  std::size_t order_;
  std::size_t newest_ = 0;
  // Twice the past, so that from `newest_` on it lies in one piece, newest first.
  std::vector<double> past_;
};

}  // namespace whisperwave
