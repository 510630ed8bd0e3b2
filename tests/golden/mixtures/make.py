"""Regenerates functions.txt and draws.txt, which the engine and its NumPy twin are both held to.

Run it as ``python tests/golden/mixtures/make.py``, with mpmath installed: the true values come from
there, to 30 digits, the bits from `whisperwave.runtimes`. Numbers are written as C and Python both
read them exactly, with ``float.hex``.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import mpmath
import numpy as np
from numpy.typing import NDArray

from whisperwave.runtimes import quantiles
from whisperwave.runtimes.mixtures import draw_value
from whisperwave.runtimes.sampling import Sampling

FOLDER = Path(__file__).parent
SEED = 20_261_121
COMPONENTS = (1, 2, 3, 5)
TEMPERATURES = (1.0, 0.7, 1.5, 0.0)

mpmath.mp.dps = 40

TRUTHS: dict[str, Callable[[mpmath.mpf], mpmath.mpf]] = {
    "exponential": mpmath.exp,
    "logarithm": mpmath.log,
    "logistic_quantile": lambda u: mpmath.log(u / (1 - u)),
    "normal_quantile": lambda u: mpmath.sqrt(2) * mpmath.erfinv(2 * u - 1),
}


def arguments(rng: np.random.Generator) -> dict[str, list[float]]:
    """Where each function is asked: its ends, the seams of its pieces, and places between."""
    words = [0, 1, 2, 1000, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1, *rng.integers(2**32, size=40)]
    shares = [(int(word) + 0.5) * 2.0**-32 for word in words]
    places = np.ldexp(rng.uniform(0.5, 1.0, 40), rng.integers(-40, 40, 40))
    seams = [0.075, 0.925, float(np.nextafter(0.075, 0)), float(np.nextafter(0.925, 1)), 1e-11]
    return {
        "exponential": [0.0, 1.0, -12.0, 4.0, -50.0, 50.0, *rng.uniform(-12, 4, 40)],
        "logarithm": [1.0, 0.5, 2.0, 0.5**0.5, 1e-300, 1e300, *places],
        "logistic_quantile": shares,
        "normal_quantile": [*shares, *seams],
    }


def functions() -> Iterator[str]:
    """Lines of name, argument, truth, and what ours gives."""
    for name, places in arguments(np.random.default_rng(SEED)).items():
        ours = getattr(quantiles, name)
        for place in map(float, places):
            truth = mpmath.nstr(TRUTHS[name](mpmath.mpf(place)), 30)
            yield f"{name} {place.hex()} {truth} {ours(place).hex()}"


def mixture(rng: np.random.Generator, components: int) -> NDArray[np.float32]:
    """Logits, means and log-scales as networks tell them."""
    logits, means = rng.normal(0, 1.5, components), rng.normal(0, 0.4, components)
    return np.concatenate([logits, means, rng.normal(-3, 2, components)]).astype(np.float32)


def extremes() -> list[NDArray[np.float32]]:
    """Parameters beyond what a value or a scale can be, and what is not a number."""
    wrong = ((0, 0.1, 90), (0, 0.1, -90), (0, 7, -3), (0, -7, -3), (0, np.inf, 0), (0, -np.inf, 0))
    undefined = ((0, np.nan, 0), (0, 0.5, np.nan))
    return [np.array(three, np.float32) for three in wrong + undefined]


def draws() -> Iterator[str]:
    """Lines of head, temperature, two words, the value, and the parameters."""
    rng = np.random.default_rng(SEED)
    mixtures = [mixture(rng, count) for count in COMPONENTS for _ in range(3)] + extremes()
    for head in ("logistics", "gaussians"):
        for temperature in TEMPERATURES:
            for parameters in mixtures:
                words = tuple(int(word) for word in rng.integers(2**32, size=2))
                value = draw_value(head, parameters, Sampling(temperature), words)
                numbers = " ".join(float(number).hex() for number in parameters)
                yield (
                    f"{head} {float(np.float32(temperature)).hex()} {words[0]} {words[1]} "
                    f"{float(value).hex()} {numbers}"
                )


def main() -> None:
    """Write both files."""
    (FOLDER / "functions.txt").write_text("\n".join(functions()) + "\n", "ascii")
    (FOLDER / "draws.txt").write_text("\n".join(draws()) + "\n", "ascii")


if __name__ == "__main__":
    main()
