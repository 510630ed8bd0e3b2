"""The plain draw: every promise of `Sampling`, on logits whose answer is known by hand."""

import numpy as np
import pytest

from whisperwave.errors import ConfigError
from whisperwave.runtimes.sampling import Sampling, draw

LOGITS = np.log(np.array([1.0, 4.0, 2.0, 1.0]))
SILENCE = 2
EVERYWHERE = [int(share * 2**32) for share in np.arange(0.005, 1, 0.01)]


def drawn(sampling, logits=LOGITS):
    return [draw(logits, sampling, bits, SILENCE) for bits in EVERYWHERE]


def test_a_draw_follows_the_probabilities():
    counts = np.bincount(drawn(Sampling()), minlength=4)
    np.testing.assert_allclose(counts, [12.5, 50, 25, 12.5], atol=1)


def test_the_smallest_and_largest_bits_pick_the_ends():
    assert draw(LOGITS, Sampling(), 0, SILENCE) == 0
    assert draw(LOGITS, Sampling(), 2**32 - 1, SILENCE) == 3


def test_temperature_sharpens_and_flattens():
    share = [drawn(Sampling(temperature=t)).count(1) for t in (0.25, 1.0, 4.0)]
    assert share[0] > 90 > share[1] > 45 > share[2]


def test_no_temperature_takes_the_lowest_of_the_most_likely():
    assert set(drawn(Sampling(temperature=0), np.array([0.0, 2.0, 2.0]))) == {1}


@pytest.mark.parametrize(
    ("top_k", "kept"), [(1, {1}), (2, {1, 2}), (3, {0, 1, 2}), (9, {0, 1, 2, 3})]
)
def test_top_k_keeps_k_classes_and_the_lower_on_ties(top_k, kept):
    assert set(drawn(Sampling(top_k=top_k))) == kept


@pytest.mark.parametrize(
    ("top_p", "kept"),
    [(0.1, {1}), (0.49, {1}), (0.6, {1, 2}), (0.8, {0, 1, 2}), (1.0, {0, 1, 2, 3})],
)
def test_top_p_keeps_the_fewest_classes_with_that_share(top_p, kept):
    assert set(drawn(Sampling(top_p=top_p))) == kept


def test_top_p_counts_within_what_top_k_kept():
    assert set(drawn(Sampling(top_k=2, top_p=0.6))) == {1}


def test_centring_pulls_towards_silence_the_more_the_further_away():
    even = np.zeros(5)
    counts = np.bincount(drawn(Sampling(centring=0.5), even), minlength=5)
    odds = np.exp(-0.5 * (np.arange(5) - SILENCE) ** 2.0)
    np.testing.assert_allclose(counts, 100 * odds / odds.sum(), atol=1)
    assert set(drawn(Sampling(0, centring=0.5), even)) == {SILENCE}


def test_a_logit_that_is_not_a_number_is_never_drawn():
    assert set(drawn(Sampling(), np.array([np.nan, 1.0, -np.inf, 1.0]))) == {1, 3}


@pytest.mark.parametrize(
    "wrong",
    [
        {"temperature": -1.0},
        {"temperature": np.nan},
        {"top_k": -1},
        {"top_p": 0.0},
        {"top_p": 1.5},
        {"centring": -0.5},
        {"centring": np.inf},
    ],
)
def test_settings_out_of_range_are_refused_with_their_value(wrong):
    with pytest.raises(ConfigError, match=str(next(iter(wrong.values())))) as refusal:
        Sampling(**wrong)
    assert refusal.value.code == "BAD_SAMPLING"
