import io

import numpy as np
import soundfile
from foley import ogg

RATE = 44100


def encoded(seed):
    noise = np.random.default_rng(seed).normal(0, 0.1, (2, RATE)).astype(np.float32)
    return ogg.encode(noise, RATE, 0.75)


def test_the_same_audio_gives_the_same_bytes_and_other_audio_others():
    first = encoded(1)
    assert encoded(1) == first
    assert encoded(2) != first


def test_what_was_written_decodes_to_its_full_length():
    audio, rate = soundfile.read(io.BytesIO(encoded(1)))
    assert audio.shape == (RATE, 2)
    assert rate == RATE
