import numpy as np
import pytest
from test_composing import RATE, material, told

from whisperwave.generation.outline import Outline, joined, mixed, outline_of


def frames(count, value=0.0):
    return Outline(
        np.full((3, count), value, np.float32),
        np.full((5, count), 1.0 + value),
        np.full((2, count), value, np.float32),
    )


def test_the_mel_and_the_lags_of_a_sound_have_frames_at_the_same_places():
    outline = outline_of(material(1, 1.0).audio, told())
    assert outline.mel.shape == (8, outline.frames)
    assert outline.lags.shape == (5, outline.frames)
    loudest = np.argmax(outline_of(np.eye(1, RATE, 8_000)[0], told()).lags[0])
    assert loudest == 50


def test_a_model_of_the_sound_itself_has_no_lags():
    plain = Outline(np.zeros((3, 4), np.float32), np.empty((0, 4)), np.empty((0, 4), np.float32))
    assert plain.predicting is None
    assert joined([plain, plain]).lags.shape == (0, 8)
    assert mixed([plain, plain], [0.5, 0.5]).predicting is None


def test_crossing_goes_from_the_one_to_the_other():
    rise = np.linspace(0, 1, 5, dtype=np.float32)
    crossed = frames(5).crossing(frames(9, 1.0), rise)
    assert crossed.mel[0] == pytest.approx(rise)
    assert crossed.lags[0] == pytest.approx(1.0 + rise)


def test_powers_of_sounds_heard_together_add_up_by_their_shares():
    together = mixed([frames(2, 1.0), frames(2, 3.0)], [0.25, 0.75])
    assert together.lags[0] == pytest.approx([0.25 * 2.0 + 0.75 * 4.0] * 2)
