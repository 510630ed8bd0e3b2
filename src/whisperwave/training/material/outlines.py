"""Outlines of the training sounds: the controls that a network is told while it learns them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets import Excerpt, PreparedSet, Sounds
from whisperwave.dsp import pitch_controls
from whisperwave.dsp.features import f0
from whisperwave.dsp.features.mel import mel_controls, mel_window_length
from whisperwave.shapes import Port
from whisperwave.training.material.coding import Reach, Read

Floats = NDArray[np.float32]

_RUN_UP_SECONDS = 0.5  # in which the path of a pitch forgets where it began


class Outlines(ABC):
    """The controls of every excerpt, ``[K, F]``, a frame each ``hop_length`` samples."""

    hop_length: int

    def of(self, excerpt: Excerpt, start: int, length: int) -> Floats:
        """The frames that ``length`` samples and the one after them lie in, ``[K, F]``.

        ``start`` counts from the beginning of the excerpt and is a multiple of the hop.
        """
        first = start // self.hop_length
        return self.frames(excerpt, first, first + 1 + length // self.hop_length)

    @abstractmethod
    def frames(self, excerpt: Excerpt, first: int, stop: int) -> Floats:
        """Some of the frames of an excerpt."""


@dataclass(frozen=True)
class KnownOutlines(Outlines):
    """Outlines that were taken of whole excerpts, ``taken[excerpt] = [K, F]``."""

    hop_length: int
    taken: Mapping[Excerpt, Floats]

    def frames(self, excerpt: Excerpt, first: int, stop: int) -> Floats:
        """Some of the frames of an excerpt."""
        return self.taken[excerpt][:, first:stop]


@dataclass(frozen=True)
class OutlinesAsNeeded(Outlines):
    """Outlines of sounds on the disk, taken where a crop is cut: the same frames."""

    sounds: Sounds
    port: Port

    @property
    def hop_length(self) -> int:  # type: ignore[override] # read-only in all of them
        """Samples from one frame to the next."""
        return self.port.rate

    def frames(self, excerpt: Excerpt, first: int, stop: int) -> Floats:
        """Some of the frames of an excerpt."""
        length = excerpt.stop - excerpt.start
        read = partial(self.sounds.part, excerpt)
        return frames_of(read, length, first, stop, self.port, self.sounds.sample_rate)


def frames_of(
    read: Read, length: int, first: int, stop: int, port: Port, sample_rate: int
) -> Floats:
    """The frames from ``first`` to ``stop`` of a sound, of which only what counts is read.

    Args:
        read: gives the sound from one of its samples to another.
        length: of the sound, in samples.
        first: the first frame that is wanted.
        stop: the one behind the last.
        port: which controls.
        sample_rate: in Hz.
    """
    hop, reach = port.rate, reach_of(port, sample_rate)
    low = max(0, first - reach.before // hop)
    end = min(length, stop * hop + reach.after)
    heard = mono(read(low * hop, end))
    return controls_of(heard, port, sample_rate)[:, first - low : stop - low]


def controls_of(audio: Floats, port: Port, sample_rate: int) -> Floats:
    """The controls of a sound ``[T]``, ``[K, 1 + T // hop]``."""
    if port.name == pitch_controls.NAME:
        return pitch_controls.pitch_controls(audio, sample_rate, port.rate)
    return mel_controls(audio, sample_rate, port.channels, port.rate)


def reach_of(port: Port, sample_rate: int) -> Reach:
    """What frames depend on, in whole frames; a pitch also on what was heard before."""
    by_pitch = port.name == pitch_controls.NAME
    window = round(f0.WINDOW_SECONDS * sample_rate) if by_pitch else mel_window_length(sample_rate)
    beside = -(-window // (2 * port.rate)) * port.rate
    before = round(_RUN_UP_SECONDS * sample_rate) // port.rate * port.rate if by_pitch else 0
    return Reach(before + beside, beside, port.rate)


def outline(sounds: Sounds, port: Port) -> Outlines:
    """The outline of every excerpt, as ``port`` wants it.

    A pitch is followed from the beginning of a sound, so it is taken of whole excerpts at once.
    """
    if port.name == pitch_controls.NAME:
        return KnownOutlines(port.rate, {e: _pitch(sounds, e, port) for e in sounds.excerpts})
    if sounds.is_mapped:
        return OutlinesAsNeeded(sounds, port)
    rate = sounds.sample_rate
    heard = ((excerpt, mono(sounds.audio(excerpt))) for excerpt in sounds.excerpts)
    return KnownOutlines(port.rate, {e: controls_of(a, port, rate) for e, a in heard})


def _pitch(sounds: Sounds, excerpt: Excerpt, port: Port) -> Floats:
    """The pitch controls of an excerpt: those of a prepared set, if it has them on this grid."""
    if isinstance(sounds, PreparedSet) and all(
        name in sounds.manifest["features"] and sounds.hop_length(name) == port.rate
        for name in ("f0", "loudness")
    ):
        pitch, level = (sounds.feature(name, excerpt).T for name in ("f0", "loudness"))
        return pitch_controls.controls_of(pitch, level)
    return controls_of(mono(sounds.audio(excerpt)), port, sounds.sample_rate)


def mono(audio: Floats) -> Floats:
    """A sound ``[T]`` or ``[C, T]`` as ``[T]``."""
    return audio if audio.ndim == 1 else np.asarray(audio.mean(axis=0))
