from collections import Counter

import numpy as np
import pytest

from whisperwave.reports.ngrams import NGrams


def plain_probability(material, order, levels, context, symbol):
    """Witten and Bell's recursion written with counters, for one prediction."""
    if order == 0:
        return 1.0 / levels
    context = context[len(context) - order + 1 :]
    runs = Counter(
        tuple(sound[i : i + order]) for sound in material for i in range(len(sound) - order + 1)
    )
    after = {run[-1]: count for run, count in runs.items() if run[:-1] == context}
    shorter = plain_probability(material, order - 1, levels, context[1:], symbol)
    seen, kinds = sum(after.values()), len(after)
    if not seen:
        return shorter
    return (after.get(symbol, 0) + kinds * shorter) / (seen + kinds)


def test_the_counts_give_the_plain_recursion():
    rng = np.random.default_rng(3)
    material = [rng.integers(0, 4, 60), rng.integers(0, 4, 40)]
    heard = rng.integers(0, 4, 12)
    plain = [
        plain_probability(material, 3, 4, tuple(heard[i - 2 : i].tolist()), int(heard[i]))
        for i in range(2, len(heard))
    ]
    material = [sound.tolist() for sound in material]
    found = NGrams([np.array(sound) for sound in material], order=3, levels=4)
    assert found.bits_per_sample(heard) == pytest.approx(-np.mean(np.log2(plain)))


def test_the_probabilities_of_all_classes_add_up_to_one():
    rng = np.random.default_rng(5)
    grams = NGrams([rng.integers(0, 8, 300)], order=4, levels=8)
    context = rng.integers(0, 8, 3)
    total = sum(2.0 ** -grams.bits_per_sample(np.append(context, symbol)) for symbol in range(8))
    assert total == pytest.approx(1.0)


def test_what_repeats_is_foretold_and_what_is_random_is_not():
    rng = np.random.default_rng(7)
    cycle = np.tile(np.arange(16), 200)
    noise = rng.integers(0, 16, 3_200)
    assert NGrams([cycle], levels=16).bits_per_sample(cycle) < 0.05
    assert NGrams([noise], levels=16).bits_per_sample(rng.integers(0, 16, 2_000)) > 3.9


def test_a_class_never_heard_still_costs_finitely_many_bits():
    grams = NGrams([np.zeros(100, np.int64)], order=5, levels=256)
    assert 8.0 < grams.bits_per_sample(np.full(10, 255)) < 30.0
