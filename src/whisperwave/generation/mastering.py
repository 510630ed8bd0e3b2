"""Mastering: what turns a model's raw sound into a file that is pleasant to put on.

In this order: the constant offset is removed, the two ends fade, the integrated loudness is brought
to its target, and the true peak is held under a ceiling. The ceiling is -6 dBTP by default, the
comfort ceiling for rest, not the -1 dBTP that music is mastered to: a listener in bed should never
be startled, and lossy coding gets room for its own overshoot.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.loudness import integrated_lufs, true_peak_dbtp
from whisperwave.errors import ConfigError
from whisperwave.generation.limiter import limited

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
        _within("loudness", self.loudness_lufs, -60.0, -10.0, "LUFS")
        _within("ceiling", self.ceiling_dbtp, -30.0, 0.0, "dBTP")
        _within("fade in", self.fade_in_seconds, 0.0, 60.0, "seconds")
        _within("fade out", self.fade_out_seconds, 0.0, 60.0, "seconds")


@dataclass(frozen=True)
class Mastered:
    """The finished sound, in the shape it came in, and what was measured on it."""

    audio: Floats
    loudness_lufs: float
    true_peak_dbtp: float


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


def master(audio: Floats, sample_rate: int, targets: Mastering) -> Mastered:
    """Finish ``audio`` ``[T]`` or ``[C, T]``; silence and a few milliseconds are finished too."""
    centred = audio - audio.mean(axis=-1, keepdims=True, dtype=np.float64).astype(np.float32)
    faded = with_fades(centred, sample_rate, targets.fade_in_seconds, targets.fade_out_seconds)
    finished = _at_loudness(faded, sample_rate, targets)
    loudness_lufs = integrated_lufs(finished, sample_rate)
    return Mastered(finished, loudness_lufs, true_peak_dbtp(finished, sample_rate))


def with_fades(audio: Floats, sample_rate: int, fade_in: float, fade_out: float) -> Floats:
    """Raised-cosine fades at both ends ``[..., T]``, each at most a quarter of the sound."""
    shaped = audio.copy()
    for seconds, view in ((fade_in, shaped), (fade_out, shaped[..., ::-1])):
        length = min(round(seconds * sample_rate), audio.shape[-1] // 4)
        phase = (np.arange(length) + 0.5) / max(length, 1)
        view[..., :length] *= (0.5 - 0.5 * np.cos(np.pi * phase)).astype(np.float32)
    return shaped


def _at_loudness(audio: Floats, sample_rate: int, targets: Mastering) -> Floats:
    """Gain, limit, and look again: limiting takes a little of the loudness back."""
    gain_db, finished = 0.0, audio
    for _ in range(_ROUNDS):
        missing = targets.loudness_lufs - integrated_lufs(finished, sample_rate)
        if abs(missing) < _CLOSE_LU or not np.isfinite(missing):
            break
        gain_db = min(gain_db + missing, LARGEST_BOOST_DB)
        louder = audio * np.float32(10.0 ** (gain_db / 20.0))
        finished = limited(louder, sample_rate, targets.ceiling_dbtp)
    return limited(finished, sample_rate, targets.ceiling_dbtp)


def _within(name: str, value: float, least: float, most: float, unit: str) -> None:
    if not least <= value <= most:
        raise ConfigError(
            "OUT_OF_RANGE", f"{name} {value:g} {unit} is out of range.",
            f"Use {least:g} to {most:g} {unit}.",
        )  # fmt: skip
