"""Limits of bytes: what they clip, what they leave to the small, and what they cost a product."""

import numpy as np
import pytest

from whisperwave.runtimes.byte_limits import Heard

STEPS = 127
CHANNELS = 6


@pytest.fixture
def weight(generator):
    return generator.normal(size=(16, CHANNELS))


@pytest.fixture
def activations(generator):
    return generator.normal(size=(20_000, CHANNELS))


def limits_of(weight, x, norm=1.5):
    heard = Heard(weight, STEPS)
    for part in np.array_split(x, 3):
        heard.hear(part)
    return heard.limits(norm)


def in_bytes(weight, x, limits):
    """What a product of bytes tells, all in float64."""
    steps = limits / STEPS
    rows = weight * steps
    scales = np.abs(rows).max(axis=1, keepdims=True) / 127
    heard = np.clip(np.rint(x / steps), -STEPS, STEPS)
    return heard @ (np.rint(rows / scales) * scales).T


def error(weight, x, limits):
    """Of a sample in the middle: what the few loudest samples cost says nothing of the others."""
    wrong = np.abs(in_bytes(weight, x, limits) - x @ weight.T).max(axis=1)
    return np.median(wrong)


def test_rare_peaks_do_not_take_the_steps_of_what_is_small(weight, activations):
    activations[::10_000, 2] = 100.0
    largest = np.abs(activations).max(axis=0)
    limits = limits_of(weight, activations, norm=1.0)
    assert limits[2] < largest[2] / 2
    assert error(weight, activations, limits) < error(weight, activations, largest) / 2


def test_without_peaks_the_limits_are_no_worse_than_the_largest_sizes(weight, generator):
    even = generator.uniform(-1, 1, (20_000, CHANNELS))
    limits = limits_of(weight, even)
    assert (limits > 0.95).all()
    assert error(weight, even, limits) < 1.1 * error(weight, even, np.abs(even).max(axis=0))


def test_a_channel_with_small_weights_leaves_steps_to_its_row(weight, activations):
    weight[:, 0] /= 100.0
    activations[:, 0] /= 10.0
    largest = np.abs(activations).max(axis=0)
    assert limits_of(weight, activations)[0] > 2 * largest[0]


def test_the_larger_the_norm_the_less_is_clipped(weight, activations, generator):
    activations[generator.random(len(activations)) < 1e-3, 2] *= 30.0
    limits = [limits_of(weight, activations, norm)[2] for norm in (1.0, 1.5, 3.0)]
    assert limits == sorted(limits)
    assert limits[0] < limits[-1] / 2


def test_a_silent_channel_is_heard_as_far_as_it_costs_the_others_nothing(weight, activations):
    activations[:, 4] = 0.0
    limits = limits_of(weight, activations)
    others = np.delete(np.abs(weight) * limits, 4, axis=1).max(axis=1)
    assert limits[4] > 0.0
    assert (np.abs(weight[:, 4]) * limits[4] <= (1 + 1e-6) * others).all()
    alone = limits_of(np.delete(weight, 4, axis=1), np.delete(activations, 4, axis=1))
    np.testing.assert_array_equal(np.delete(limits, 4), alone)


def test_where_nothing_was_heard_there_are_no_limits(weight):
    assert not limits_of(weight, np.zeros((100, CHANNELS))).any()


def test_each_tap_has_rows_of_its_own(generator, activations):
    taps = generator.normal(size=(16, CHANNELS, 2))
    taps[:, :, 1] *= 3.0
    side_by_side = np.concatenate([taps[..., 0], taps[..., 1]])
    np.testing.assert_array_equal(
        limits_of(taps, activations), limits_of(side_by_side, activations)
    )


def test_the_last_bits_of_an_activation_do_not_matter(weight, activations):
    beside = np.nextafter(activations, np.inf)
    np.testing.assert_array_equal(limits_of(weight, beside), limits_of(weight, activations))


@pytest.mark.parametrize("broken", [np.inf, -np.inf, np.nan])
def test_what_is_not_finite_passes_every_limit_of_the_engine(weight, activations, broken):
    activations[5, CHANNELS - 1] = broken
    limits = limits_of(weight, activations, norm=3.0)
    assert np.isfinite(limits).all()
    assert limits[-1] > 1e30
