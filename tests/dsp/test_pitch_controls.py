import numpy as np
import pytest

from whisperwave.dsp.pitch_controls import CHANNELS, pitch_controls

RATE, HOP = 16_000, 160


@pytest.mark.parametrize(("f0_hz", "octaves"), [(110.0, -0.5), (220.0, 0.0), (880.0, 1.0)])
def test_a_tone_is_told_by_its_octave_and_its_level(f0_hz: float, octaves: float) -> None:
    time = np.arange(RATE) / RATE
    loud, soft = (size * np.sin(2 * np.pi * f0_hz * time) for size in (0.5, 0.05))
    told = pitch_controls(loud, RATE, HOP)
    assert told.shape == (CHANNELS, 101)
    middle = told[:, 20:80]
    np.testing.assert_allclose(middle[0], octaves, atol=0.01)
    assert middle[1].min() > 0.8
    fell = middle[2] - pitch_controls(soft, RATE, HOP)[2, 20:80]
    np.testing.assert_allclose(fell, 1.0, atol=0.01)  # 20 dB


def test_silence_has_no_pitch_and_the_least_level() -> None:
    told = pitch_controls(np.zeros(RATE), RATE, HOP)
    assert not told[:2].any()
    np.testing.assert_allclose(told[2], -2.0)
