import numpy as np
import pytest

from whisperwave.dsp.decorrelation import LENGTH_SECONDS, velvet_echoes
from whisperwave.dsp.fir import Fir
from whisperwave.dsp.spectra import stft_power

RATE = 48_000


def decorrelated(audio, rate):
    echo = Fir(velvet_echoes(rate))
    return echo.step(audio, echo.start())[0]


def test_echoes_are_as_loud_as_the_sound_and_go_their_own_way(generator):
    white = generator.standard_normal(2 * RATE).astype(np.float32)
    echoes = decorrelated(white, RATE)
    assert echoes.std() == pytest.approx(white.std(), rel=0.05)
    assert abs(np.corrcoef(white, echoes)[0, 1]) < 0.03


def test_no_part_of_the_spectrum_is_lost(generator):
    white = generator.standard_normal(10 * RATE).astype(np.float32)
    before, after = (
        stft_power(x, 1_024, 512).mean(axis=1) for x in (white, decorrelated(white, RATE))
    )
    thirds = np.array_split(10 * np.log10(after[1:-1] / before[1:-1]), 16)
    assert max(abs(np.mean(third)) for third in thirds) < 4.0


def test_a_click_is_over_when_the_echoes_are():
    rung = decorrelated(np.eye(1, RATE, 1_000, dtype=np.float32)[0], RATE)
    heard = np.flatnonzero(np.abs(rung) > 1e-6)
    assert heard[0] > 1_000
    assert heard[-1] <= 1_000 + LENGTH_SECONDS * RATE + 1
