import numpy as np
import pytest

from whisperwave.reports.histories.history import LOSS, VALIDATION, History, Series
from whisperwave.reports.histories.verdict import verdict

STEPS = np.arange(0.0, 10_000.0, 10.0)
LOOKS = np.arange(500.0, 10_001.0, 500.0)


def judged(generator, training, held_out=None, spread=0.02):
    """The verdict on a run whose losses are functions of the part of it that is over."""
    noisy = training(STEPS / 1e4) + generator.normal(0, spread, len(STEPS))
    series = {LOSS: Series(STEPS, noisy)}
    if held_out:
        series[VALIDATION] = Series(LOOKS, held_out(LOOKS / 1e4))
    return verdict(History("run", "bits", series))


def settled(x):
    return 4.0 + 3.0 * np.exp(-15 * x)


def falling(x):
    return 6.0 - x


def flat(x):
    return np.full_like(x, 5.5)


def rising_late(x):
    return settled(x) + np.maximum(x - 0.5, 0.0)


def blown_up(x):
    return settled(x) + 2.0 * np.maximum(x - 0.7, 0.0)


@pytest.mark.parametrize(
    ("training", "held_out", "word"),
    [
        (settled, settled, "fine"),
        (settled, None, "fine, as far as can be seen"),
        (falling, falling, "under-fitting"),
        (falling, None, "under-fitting"),
        (falling, rising_late, "over-fitting"),
        (settled, rising_late, "over-fitting"),
        (flat, flat, "not moving"),
        (flat, None, "not moving"),
        (blown_up, blown_up, "diverging"),
        (blown_up, None, "diverging"),
    ],
)
def test_a_run_gets_the_verdict_that_its_curves_ask_for(generator, training, held_out, word):
    assert judged(generator, training, held_out).word == word


def test_a_wide_gap_is_over_fitting_only_once_held_out_sound_has_turned(generator):
    assert judged(generator, settled, lambda x: settled(x) + 0.6).word == "fine"
    turned = judged(generator, settled, lambda x: settled(x) + 0.6 + 0.03 * (x > 0.99))
    assert turned.word == "over-fitting"
    assert turned.gap == pytest.approx(0.63 / 4.0, abs=0.01)
    assert turned.rise == pytest.approx(0.03 / 4.6, abs=0.001)
    assert turned.best_step == 9500


def test_a_gap_that_chance_may_have_made_is_no_over_fitting(generator):
    """A batch of two crops gives a loss that jumps by whole bits; its mean is where it was."""
    turned = lambda x: settled(x) + 0.6 + 0.03 * (x > 0.99)  # noqa: E731 # as its neighbours
    found = [judged(generator, settled, turned, spread=3.0) for _ in range(10)]
    assert {each.word for each in found if each.gap < each.within} <= {"fine"}
    assert sum(each.gap < each.within for each in found) >= 3
    # Give or take is two standard deviations: it hardly ever leaves out the truth.
    assert sum(abs(each.gap - 0.63 / 4.0) <= 1.5 * each.within for each in found) >= 8


def test_noise_is_no_progress(generator):
    words = {judged(generator, flat, spread=0.6).word for _ in range(10)}
    assert words == {"not moving"}


def test_a_warm_started_run_that_settles_is_fine(generator):
    """Held-out sound is first looked at when most is learned; the training loss saw it fall."""
    found = judged(generator, settled, lambda x: 4.1 - 0.002 * x)
    assert found.word == "fine"
    assert found.learned > 0.4


def test_a_few_steps_are_no_run():
    assert verdict(History("run", "bits", {LOSS: Series(STEPS[:5], STEPS[:5])})).word == "unknown"
    assert verdict(History("run", "bits", {})).word == "unknown"


def test_every_verdict_comes_with_advice(generator):
    for training in (settled, falling, flat, blown_up):
        assert judged(generator, training).advice.endswith(".")
