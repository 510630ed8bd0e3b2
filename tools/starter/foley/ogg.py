"""Ogg Vorbis files that come out the same every time."""

import io

import soundfile

from foley.noise import Array
from whisperwave.generation.formats.ogg import give_serial

SERIAL = 0x57573031  # the encoder draws one from the clock; ours is always this


def encode(audio: Array, sample_rate: int, compression: float) -> bytes:
    """An Ogg Vorbis file of [C, T]; `compression` 0 is the best and largest, 1 the smallest."""
    file = io.BytesIO()
    soundfile.write(
        file, audio.T, sample_rate, format="OGG", subtype="VORBIS", compression_level=compression
    )
    give_serial(file, SERIAL)
    return file.getvalue()
