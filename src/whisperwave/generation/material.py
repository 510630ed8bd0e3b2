"""What the picked clips sound like to a model: mono, at its rate, prepared as in training."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets.levelling import levelled
from whisperwave.datasets.trimming import trimmed
from whisperwave.dsp.resampling import resample
from whisperwave.errors import AudioError
from whisperwave.generation.picks import Pick, Picks
from whisperwave.library import Library

Floats = NDArray[np.float32]

TRIM_BELOW_DB = 45.0  # what training does unless it is told otherwise


@dataclass(frozen=True, eq=False)
class Material:
    """One pick's audio, ready for a model: ``[T]`` float32 at the model's sample rate.

    ``style`` is the word that the library has for its kind.
    """

    pick: Pick
    share: float
    audio: Floats
    style: str


def gather(library: Library, picks: Picks, sample_rate: int) -> tuple[Material, ...]:
    """The audio of every pick, in order.

    Raises:
        LibraryError: a number that the library does not have.
        AudioError: a clip that is silent, or whose file can no longer be read.
    """
    return tuple(
        Material(
            pick,
            share,
            clip_audio(library, pick.number, sample_rate),
            library.clip(pick.number).style,
        )
        for pick, share in zip(picks, picks.shares, strict=True)
    )


def clip_audio(library: Library, number: int, sample_rate: int) -> Floats:
    """Clip ``number`` as a model hears it: mid channel, resampled, ends trimmed, levelled."""
    sound = library.audio(number)
    middle = sound.samples.mean(axis=0)
    audio = resample(middle, sound.sample_rate, sample_rate)
    if not np.any(audio):
        raise AudioError("AUDIO_SILENT", f"clip {number} is silent.", "Pick another clip.")
    return levelled(trimmed(audio, sample_rate, TRIM_BELOW_DB))
