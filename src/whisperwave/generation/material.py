"""What the picked clips sound like to a model: mono, at its rate, prepared as in training."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets.levelling import levelled
from whisperwave.datasets.trimming import heard_part
from whisperwave.dsp.resampling import resample
from whisperwave.errors import AudioError
from whisperwave.generation.picks import Pick, Picks
from whisperwave.generation.widening import TIMES
from whisperwave.library import Clips

Floats = NDArray[np.float32]

TRIM_BELOW_DB = 45.0  # what training does unless it is told otherwise


@dataclass(frozen=True, eq=False)
class Material:
    """One pick's audio, ready for a model: ``[T]`` float32 at the model's sample rate.

    ``style`` is the word that the library has for its kind. ``wide`` [2, TIMES * T] is the same
    part of the clip in two channels at the rate of a widened piece, where that was asked for.
    """

    pick: Pick
    share: float
    audio: Floats
    style: str
    wide: Floats | None = None


def gather(
    library: Clips, picks: Picks, sample_rate: int, wide: bool = False
) -> tuple[Material, ...]:
    """The audio of every pick, in order.

    Raises:
        LibraryError: a number that the library does not have.
        AudioError: a clip that is silent, or whose file can no longer be read.
    """
    return tuple(
        _material(library, pick, share, sample_rate, wide)
        for pick, share in zip(picks, picks.shares, strict=True)
    )


def clip_audio(library: Clips, number: int, sample_rate: int) -> Floats:
    """Clip ``number`` as a model hears it: mid channel, resampled, ends trimmed, levelled."""
    return _material(library, Pick(number), 1.0, sample_rate, wide=False).audio


def _material(library: Clips, pick: Pick, share: float, sample_rate: int, wide: bool) -> Material:
    sound, style = library.audio(pick.number), library.clip(pick.number).style
    audio = resample(sound.samples.mean(axis=0), sound.sample_rate, sample_rate)
    if not np.any(audio):
        raise AudioError("AUDIO_SILENT", f"clip {pick.number} is silent.", "Pick another clip.")
    part = heard_part(audio, sample_rate, TRIM_BELOW_DB)
    heard = levelled(audio[part])
    if not wide:
        return Material(pick, share, heard, style)
    gain = heard.std() / max(audio[part].std(), np.finfo(np.float32).tiny)
    stereo = resample(_left_and_right(sound.samples), sound.sample_rate, TIMES * sample_rate)
    return Material(
        pick, share, heard, style, gain * stereo[:, TIMES * part.start : TIMES * part.stop]
    )


def _left_and_right(samples: Floats) -> Floats:
    """The first two channels; a single one in both ears."""
    return samples[:2] if len(samples) > 1 else np.repeat(samples, 2, axis=0)
