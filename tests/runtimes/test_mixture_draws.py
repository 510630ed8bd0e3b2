"""Draws from mixtures, and the functions under them: golden bits that the engine has too."""

from pathlib import Path

import numpy as np
import pytest

from whisperwave.runtimes import quantiles
from whisperwave.runtimes.mixtures import draw_value
from whisperwave.runtimes.sampling import Sampling

GOLDEN = Path(__file__).parents[1] / "golden" / "mixtures"


def lines(name):
    return [line.split() for line in (GOLDEN / name).read_text("ascii").splitlines()]


@pytest.mark.parametrize("name", sorted({line[0] for line in lines("functions.txt")}))
def test_a_function_has_its_golden_bits_which_are_true(name):
    ours = getattr(quantiles, name)
    for argument, truth, bits in (line[1:] for line in lines("functions.txt") if line[0] == name):
        given = ours(float.fromhex(argument))
        assert given == float.fromhex(bits)
        assert abs(given - float(truth)) <= 1e-14 * max(1.0, abs(float(truth)))


def test_every_draw_has_its_golden_bits():
    for head, temperature, which, where, value, *numbers in lines("draws.txt"):
        parameters = np.array([float.fromhex(number) for number in numbers], np.float32)
        sampling = Sampling(float.fromhex(temperature))
        drawn = draw_value(head, parameters, sampling, (int(which), int(where)))
        np.testing.assert_array_equal(drawn, np.float32(float.fromhex(value)))
