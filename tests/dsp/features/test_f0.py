import numpy as np
import pytest

from whisperwave.dsp.features.f0 import F0

RATE, HOP = 16_000, 160
SETTLED = slice(8, -8)


def sound(f0_hz, noise_db=None, first=1, rate=RATE):
    """A tone of ten overtones after a course of pitch ``[T]``, with noise so far below it."""
    phase = 2 * np.pi * np.cumsum(f0_hz) / rate
    overtones = range(first, 11)
    wave = sum(np.where(n * f0_hz < 0.45 * rate, np.sin(n * phase + n) / n, 0) for n in overtones)
    wave = 0.1 * wave / np.sqrt(np.mean(wave**2))
    noise = np.random.default_rng(3).standard_normal(len(wave))
    return wave if noise_db is None else wave + 0.1 * 10 ** (-noise_db / 20) * noise


def steady(hz, seconds=1.0, rate=RATE):
    return np.full(round(seconds * rate), float(hz))


def cents_off(rows, f0_hz, hop=HOP):
    wanted = f0_hz[np.minimum(np.arange(rows.shape[1]) * hop, len(f0_hz) - 1)]
    return 1200 * np.log2(rows[0, SETTLED] / wanted[SETTLED])


@pytest.mark.parametrize("hz", [55, 82.4, 110, 220, 440, 880, 1318.5, 1760, 2000])
def test_a_tone_is_read_within_two_cents(hz):
    rows = F0(RATE, HOP)(sound(steady(hz)))
    assert np.abs(cents_off(rows, steady(hz))).max() < 2.0
    assert rows[2, SETTLED].all()
    assert rows[1, SETTLED].min() > 0.9


def test_a_glide_of_five_octaves_is_followed():
    course = 60.0 * 2 ** np.linspace(0, 5, 4 * RATE)
    rows = F0(RATE, HOP)(sound(course))
    assert np.median(np.abs(cents_off(rows, course))) < 2.0
    assert np.abs(cents_off(rows, course)).max() < 20.0


def test_a_vibrato_is_read_where_it_is():
    time = np.arange(2 * RATE) / RATE
    course = 440.0 * 2 ** (0.5 / 12 * np.sin(2 * np.pi * 6 * time))
    assert np.abs(cents_off(F0(RATE, HOP)(sound(course)), course)).max() < 10.0


@pytest.mark.parametrize("noise_db", [30, 20, 10])
def test_noise_costs_a_few_cents_and_no_octave(noise_db):
    course = 150.0 * 2 ** (0.7 * np.sin(2 * np.pi * 0.7 * np.arange(2 * RATE) / RATE))
    off = np.abs(cents_off(F0(RATE, HOP)(sound(course, noise_db)), course))
    assert np.median(off) < 6.0
    assert (off > 50.0).mean() < 0.01


@pytest.mark.parametrize(("hz", "cents"), [(98, 40.0), (220, 15.0), (740, 2.0)])
def test_a_tone_in_noise_as_loud_is_heard_and_the_higher_the_better_read(hz, cents):
    rows = F0(RATE, HOP)(sound(steady(hz), noise_db=0))
    assert rows[2, SETTLED].mean() > 0.9
    assert np.median(np.abs(cents_off(rows, steady(hz)))) < cents


def test_a_fundamental_that_is_missing_is_found():
    rows = F0(RATE, HOP)(sound(steady(220.0), first=2))
    assert np.abs(cents_off(rows, steady(220.0))).max() < 2.0


def test_other_rates_read_the_same():
    for rate in (22_050, 44_100):
        course = steady(330.0, rate=rate)
        rows = F0(rate, rate // 100)(sound(course, rate=rate))
        assert np.abs(cents_off(rows, course, rate // 100)).max() < 2.0


def test_noise_and_silence_are_not_voiced(generator):
    noise = 0.1 * generator.standard_normal(2 * RATE)
    muffled = np.convolve(noise, np.ones(8) / 8, "same")
    hiss = np.diff(noise)
    for audio in (noise, muffled, hiss, np.zeros(RATE)):
        assert F0(RATE, HOP)(audio)[2].mean() < 0.02
    assert not F0(RATE, HOP)(np.zeros(RATE)).any()


def test_between_two_notes_there_is_silence_without_pitch():
    audio = np.concatenate([sound(steady(220.0)), np.zeros(RATE), sound(steady(330.0))])
    voiced = F0(RATE, HOP)(audio)[2]
    assert voiced[10:90].all()
    assert not voiced[110:190].any()
    assert voiced[210:290].all()


def test_loudness_changes_nothing():
    loud, soft = (F0(RATE, HOP)(level * sound(steady(300.0))) for level in (1.0, 0.01))
    np.testing.assert_allclose(loud, soft, atol=1e-2)
