"""Quantiles of the standard logistic and the standard normal, to the same bit on every machine.

The exponential and the logarithm that machines bring along differ in their last bits, so these are
our own. The engine has the same functions in C++, operation by operation; every one rounds alone.
"""

import math
from collections.abc import Sequence

_LN_2 = 0.6931471805599453
_LOG2_E = 1.4426950408889634
_SQRT_HALF = 0.7071067811865476

# Coefficients from the constant up, of M. J. Wichura, "Algorithm AS 241: the percentage points of
# the normal distribution" (Applied Statistics 37, 1988), PPND16.
_NEAR = (
    (3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
     1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
     3.3430575583588128105e4, 2.5090809287301226727e3),
    (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
     2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
     5.2264952788528545610e3),
)  # fmt: skip
_MIDDLE = (
    (1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
     3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
     2.27238449892691845833e-2, 7.74545014278341407640e-4),
    (1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
     1.05075007164441684324e-9),
)  # fmt: skip
_FAR = (
    (6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
     2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
     2.71155556874348757815e-5, 2.01033439929228813265e-7),
    (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
     2.04426310338993978564e-15),
)  # fmt: skip


def exponential(x: float) -> float:
    """E to the power of x: Taylor's series around the nearest power of two."""
    n = round(x * _LOG2_E)
    r = x - n * _LN_2
    total = 1.0
    for power in range(13, 0, -1):
        total = total * r / power + 1.0
    return math.ldexp(total, n)


def logarithm(x: float) -> float:
    """Natural logarithm of x > 0: the series of the inverse hyperbolic tangent."""
    mantissa, exponent = math.frexp(x)
    if mantissa < _SQRT_HALF:
        mantissa, exponent = 2.0 * mantissa, exponent - 1
    s = (mantissa - 1.0) / (mantissa + 1.0)
    z = s * s
    total = 1.0 / 17.0
    for odd in range(15, 0, -2):
        total = total * z + 1.0 / odd
    return exponent * _LN_2 + 2.0 * s * total


def logistic_quantile(u: float) -> float:
    """Where the share ``u``, between 0 and 1, of a standard logistic lies below."""
    return logarithm(u / (1.0 - u))


def normal_quantile(u: float) -> float:
    """Where the share ``u``, between 0 and 1, of a standard normal lies below."""
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return q * _polynomial(_NEAR[0], r) / _polynomial(_NEAR[1], r)
    r = math.sqrt(-logarithm(u if q < 0.0 else 1.0 - u))
    (above, below), shift = (_MIDDLE, 1.6) if r <= 5.0 else (_FAR, 5.0)
    size = _polynomial(above, r - shift) / _polynomial(below, r - shift)
    return -size if q < 0.0 else size


def _polynomial(coefficients: Sequence[float], x: float) -> float:
    total = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        total = total * x + coefficient
    return total
