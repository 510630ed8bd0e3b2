"""One sound of a data set as it is kept: FLAC of 16 bits at the wished rate, or just as it came."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from whisperwave.dsp.resampling import resample
from whisperwave.library.decoding import decode_content

_FULL_SCALE = 32767.0


@dataclass(frozen=True, slots=True)
class Kept:
    """The bytes of a sound file, and what is in it; ``suffix`` is that of its format."""

    content: bytes
    suffix: str
    seconds: float
    sample_rate: int


def transcoded(content: bytes, name: Path, sample_rate: int | None) -> Kept:
    """A sound at another rate, its channels as they were.

    A sound that would pass full scale at the new rate is made just so much quieter, never clipped.

    Args:
        content: a sound file.
        name: of the file, for messages and its suffix.
        sample_rate: in Hz; None, or its own, leaves the file as it is, byte for byte.

    Raises:
        AudioError: it cannot be read.
    """
    audio = decode_content(content, name)
    if sample_rate is None or sample_rate == audio.sample_rate:
        return Kept(content, name.suffix.lower(), audio.seconds, audio.sample_rate)
    samples = resample(audio.samples, audio.sample_rate, sample_rate)
    samples /= max(1.0, float(np.abs(samples).max(initial=0.0)))
    whole = np.rint(samples.T * _FULL_SCALE).astype(np.int16)
    buffer = io.BytesIO()
    soundfile.write(buffer, whole, sample_rate, format="FLAC", subtype="PCM_16")
    return Kept(buffer.getvalue(), ".flac", len(whole) / sample_rate, sample_rate)
