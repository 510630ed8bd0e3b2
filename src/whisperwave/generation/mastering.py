"""Mastering: what turns a model's raw sound into a file that is pleasant to put on.

In this order: the constant offset is removed, the two ends fade, the integrated loudness is brought
to its target, and the true peak is held under a ceiling. The ceiling is -6 dBTP by default, the
comfort ceiling for rest, not the -1 dBTP that music is mastered to: a listener in bed should never
be startled, and lossy coding gets room for its own overshoot.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.loudness import LoudnessMeter
from whisperwave.errors import ConfigError, check_within
from whisperwave.generation.limiter import limited
from whisperwave.generation.spool import Sound

Floats = NDArray[np.float32]

PRESETS_LUFS = {"sleep": -27.0, "rest": -23.0, "focus": -20.0}
LARGEST_BOOST_DB = 12.0  # a nearly silent result stays quiet; its noise is not pulled up
_CLOSE_LU = 0.05
_ROUNDS = 4


@dataclass(frozen=True)
class Mastering:
    """The targets: loudness in LUFS, true peak in dBTP, fades in seconds."""

    loudness_lufs: float = PRESETS_LUFS["rest"]
    ceiling_dbtp: float = -6.0
    fade_in_seconds: float = 0.5
    fade_out_seconds: float = 0.5

    def __post_init__(self) -> None:
        check_within("loudness", self.loudness_lufs, -60.0, -10.0, "LUFS")
        check_within("ceiling", self.ceiling_dbtp, -30.0, 0.0, "dBTP")
        check_within("fade in", self.fade_in_seconds, 0.0, 60.0, "seconds")
        check_within("fade out", self.fade_out_seconds, 0.0, 60.0, "seconds")


@dataclass(frozen=True, eq=False)
class Mastered:
    """A finished sound, in the shape it came in, and the loudness that was measured on it."""

    sound: Sound
    sample_rate: int
    targets: Mastering
    gain_db: float
    loudness_lufs: float

    def blocks(self) -> Iterator[Floats]:
        """All of it from the beginning, ``[C, n]`` each."""
        return _at_gain(self.sound, self.sample_rate, self.targets, self.gain_db)


def parse_loudness(text: str) -> float:
    """A target in LUFS from a preset's name (sleep, rest, focus) or a number.

    Raises:
        ConfigError: neither.
    """
    try:
        return PRESETS_LUFS[text] if text in PRESETS_LUFS else float(text)
    except ValueError:
        raise ConfigError(
            "BAD_LOUDNESS",
            f"loudness {text!r} is neither a number nor a preset.",
            f"Use LUFS such as -23, or one of {', '.join(PRESETS_LUFS)}.",
        ) from None


def master(sound: Sound, sample_rate: int, targets: Mastering) -> Mastered:
    """Find the gain that finishes a sound; silence and a few milliseconds are finished too.

    Gain, limit, and look again: limiting takes a little of the loudness back.
    """
    gain_db = 0.0
    loudness = _lufs(_faded(sound, sample_rate, targets), sound.channels, sample_rate)
    for _ in range(_ROUNDS):
        missing = targets.loudness_lufs - loudness
        if abs(missing) < _CLOSE_LU or not np.isfinite(missing) or gain_db == LARGEST_BOOST_DB:
            break
        gain_db = min(gain_db + missing, LARGEST_BOOST_DB)
        finished = _at_gain(sound, sample_rate, targets, gain_db)
        loudness = _lufs(finished, sound.channels, sample_rate)
    return Mastered(sound, sample_rate, targets, gain_db, loudness)


def finished(
    blocks: Iterable[Floats], channels: int, sample_rate: int, targets: Mastering, gain_db: float
) -> Iterator[Floats]:
    """A sound in blocks ``[C, n]``, by a gain louder, and its true peak held under the ceiling."""
    gain = np.float32(10.0 ** (gain_db / 20.0))
    louder = (block * gain for block in blocks)
    return limited(louder, channels, sample_rate, targets.ceiling_dbtp)


def with_fades(
    blocks: Iterable[Floats], sample_rate: int, targets: Mastering, samples: int | None
) -> Iterator[Floats]:
    """Raised-cosine fades at both ends of a sound, each at most a quarter of it.

    A sound of None samples has no end.
    """
    most = math.inf if samples is None else samples // 4
    rise, fall = (
        int(min(round(seconds * sample_rate), most))
        for seconds in (targets.fade_in_seconds, targets.fade_out_seconds)
    )
    position = 0
    for block in blocks:
        count = block.shape[-1]
        if position < rise:
            block = block * _ramp(np.arange(position, position + count), rise)
        position += count
        if samples is not None and samples - position < fall:
            left = samples - 1 - np.arange(position - count, position)
            block = block * _ramp(left, fall)
        yield block


def _at_gain(
    sound: Sound, sample_rate: int, targets: Mastering, gain_db: float
) -> Iterator[Floats]:
    faded = _faded(sound, sample_rate, targets)
    return finished(faded, sound.channels, sample_rate, targets, gain_db)


def _faded(sound: Sound, sample_rate: int, targets: Mastering) -> Iterator[Floats]:
    centred = (block - sound.mean for block in sound.blocks())
    return with_fades(centred, sample_rate, targets, sound.samples)


def _lufs(blocks: Iterable[Floats], channels: int, sample_rate: int) -> float:
    meter = LoudnessMeter(sample_rate, channels)
    for block in blocks:
        meter.update(block)
    return meter.finish()


def _ramp(places: NDArray[np.integer], length: int) -> Floats:
    """From 0 to 1 over the first ``length`` places."""
    phase = np.clip((places + 0.5) / max(length, 1), 0.0, 1.0)
    gains = np.where(places < length, 0.5 - 0.5 * np.cos(np.pi * phase), 1.0)
    return gains.astype(np.float32)
