"""From a raw take to a finished file: converted, mastered, written."""

from pathlib import Path

import soundfile
import soxr

from foley import FIRST_STYLES, ogg, takes
from foley.mastering import mastered
from foley.noise import Array

RENDER_RATE = 44100  # hertz; every take is rendered at this rate, then converted
FIRST_FORM = (15.0, 0.75)  # about 95 kbit/s
LATER_FORM = (11.0, 0.95)  # about 70 kbit/s
"""Seconds of a starter clip and its Vorbis compression: the first twelve styles' clips stay as they
are, byte for byte; the later ones' are smaller, so that all 104 fit into 14 MB."""


def converted(audio: Array, sample_rate: int, channels: int) -> Array:
    """[2, T] at the render rate as [channels, T'] at `sample_rate`."""
    mixed = audio if channels == 2 else audio.mean(axis=0, keepdims=True)
    if sample_rate == RENDER_RATE:
        return mixed
    return soxr.resample(mixed.T, RENDER_RATE, sample_rate, quality="VHQ").T


def starter_clip(path: Path, style: str, number: int) -> None:
    """Write the style's variant `number` (1..4) as a stereo Ogg Vorbis file."""
    _, setting = takes.maker(style).VARIANTS[number - 1]
    rng = takes.generator(style, takes.STARTER, number)
    seconds, compression = FIRST_FORM if style in FIRST_STYLES else LATER_FORM
    raw = takes.render(style, setting, rng, seconds, RENDER_RATE)
    path.write_bytes(ogg.encode(mastered(raw, RENDER_RATE), RENDER_RATE, compression))


def training_take(
    path: Path, style: str, number: int, seconds: float, sample_rate: int, channels: int
) -> None:
    """Write training take `number`, its setting drawn from its seed, as a 16-bit FLAC file."""
    rng = takes.generator(style, takes.TRAINING, number)
    setting = takes.drawn_setting(style, rng)
    raw = takes.render(style, setting, rng, seconds, RENDER_RATE)
    audio = mastered(converted(raw, sample_rate, channels), sample_rate)
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, audio.T, sample_rate, subtype="PCM_16")
