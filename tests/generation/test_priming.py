import numpy as np
import pytest

from whisperwave.generation.material import Material
from whisperwave.generation.picks import Pick
from whisperwave.generation.priming import JOIN_SECONDS, cross_faded, lively_slice, prime_of

RATE = 16_000


def material(level, share, samples=RATE):
    return Material(Pick(1), share, np.full(samples, level, np.float32), "rain")


@pytest.mark.parametrize("receptive_field", [100, 3_070, 40_000])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_the_prime_fills_the_receptive_field_and_at_least_a_second(receptive_field, count):
    materials = [material(0.1, 1 / count) for _ in range(count)]
    prime = prime_of(materials, RATE, receptive_field, seed=1)
    assert max(receptive_field, RATE) <= len(prime) <= 1.02 * max(receptive_field, RATE) + count
    assert prime.dtype == np.float32


def test_slices_follow_the_order_of_the_picks_and_their_weights():
    prime = prime_of([material(0.1, 0.75), material(0.5, 0.25)], RATE, 100, seed=1)
    first = np.mean(prime < 0.11)
    assert first == pytest.approx(0.75, abs=0.02)
    assert prime[0] == pytest.approx(0.1)
    assert prime[-1] == pytest.approx(0.5)


def test_joins_pass_smoothly_from_one_slice_to_the_next():
    prime = prime_of([material(0.1, 0.5), material(0.5, 0.5)], RATE, 100, seed=1)
    assert np.abs(np.diff(prime)).max() < 0.5 / (JOIN_SECONDS * RATE)


def test_a_join_of_equal_sound_is_heard_nowhere():
    ones = np.ones(1_000, np.float32)
    assert cross_faded([ones, ones, ones], 160) == pytest.approx(1.0)


def test_the_same_seed_takes_the_same_slices_and_another_seed_others():
    rng = np.random.default_rng(0)
    noise = [
        Material(Pick(n), 0.5, rng.standard_normal(9 * RATE).astype("f4"), "rain") for n in (1, 2)
    ]
    first, again, other = (prime_of(noise, RATE, 100, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("draw", [0.0, 0.5, 0.999_999])
def test_slices_come_from_the_lively_half(draw):
    audio = np.concatenate([np.zeros(5 * RATE), np.ones(5 * RATE)]).astype(np.float32)
    assert lively_slice(audio, RATE, draw).mean() > 0.4


@pytest.mark.parametrize("samples", [1, 10, 999])
def test_a_clip_shorter_than_its_slice_is_repeated(samples):
    audio = np.arange(samples, dtype=np.float32)
    assert len(lively_slice(audio, 1_000, 0.5)) == 1_000


def test_a_single_slice_needs_no_join():
    assert cross_faded([np.ones(5, np.float32)], 160).tolist() == [1.0] * 5
