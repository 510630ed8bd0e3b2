"""Draws from mixtures, and the functions under them: golden bits that the engine has too."""

from pathlib import Path

import numpy as np
import pytest

from whisperwave.runtimes import quantiles
from whisperwave.runtimes.mixtures import QUANTILES, draw_value
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


@pytest.mark.parametrize("head", ["logistics", "gaussians"])
@pytest.mark.parametrize("share", [0.999, 0.5, 0.01])
def test_top_p_draws_from_the_middle_of_a_component(head, share):
    mixture, scale = np.array([0.0, 0.1, -3.0], np.float32), np.exp(-3.0)
    edge = 0.1 + scale * QUANTILES[head](0.5 + 0.5 * share)
    words = [(0, 0), (0, 2**31), (0, 2**32 - 1)]
    low, middle, high = (draw_value(head, mixture, Sampling(top_p=share), word) for word in words)
    assert middle == pytest.approx(0.1)
    assert (high, 0.2 - low) == pytest.approx((edge, edge), abs=1e-6)


def test_top_k_draws_from_the_likeliest_components():
    mixture = np.array([0.0, 2.0, 1.0, -0.5, 0.0, 0.5, -9.0, -9.0, -9.0], np.float32)
    words = np.random.default_rng(0).integers(0, 2**32, (200, 2))
    drawn = [draw_value("gaussians", mixture, Sampling(top_k=2), tuple(map(int, w))) for w in words]
    assert {round(float(value), 1) for value in drawn} == {0.0, 0.5}
