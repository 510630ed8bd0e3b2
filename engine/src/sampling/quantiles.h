// exp, log and the quantiles of two distributions in double precision, the same bits everywhere:
// no library call but the square root, which every machine rounds alike.
#pragma once

namespace whisperwave {

double exponential(double x) noexcept;        // for |x| up to 700
double logarithm(double x) noexcept;          // for a positive, normal x
double logistic_quantile(double u) noexcept;  // for u in (0, 1): log(u / (1 - u))

// M. J. Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied
// Statistics 37 (1988), PPND16: within 1e-16 of its value.
double normal_quantile(double u) noexcept;

}  // namespace whisperwave
