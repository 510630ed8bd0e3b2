"""Outlines of the training sounds: the controls that a network is told while it learns them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets import Excerpt, PreparedSet, Sounds
from whisperwave.dsp import pitch_controls
from whisperwave.dsp.features.mel import mel_controls, mel_window_length
from whisperwave.shapes import Port

Floats = NDArray[np.float32]


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
        rate, hop = self.sounds.sample_rate, self.hop_length
        beside = -(-mel_window_length(rate) // (2 * hop))  # frames that a window reaches over
        low = max(0, first - beside)
        end = min(excerpt.stop - excerpt.start, (stop + beside) * hop)
        heard = _mono(self.sounds.part(excerpt, low * hop, end))
        return mel_controls(heard, rate, self.port.channels, hop)[:, first - low : stop - low]


def outline(sounds: Sounds, port: Port) -> Outlines:
    """The outline of every excerpt, as ``port`` wants it.

    A pitch is followed from the beginning of a sound, so it is taken of whole excerpts at once.
    """
    if port.name == pitch_controls.NAME:
        return KnownOutlines(port.rate, {e: _pitch(sounds, e, port) for e in sounds.excerpts})
    if sounds.is_mapped:
        return OutlinesAsNeeded(sounds, port)
    rate, bands, hop = sounds.sample_rate, port.channels, port.rate
    audio = {excerpt: _mono(sounds.audio(excerpt)) for excerpt in sounds.excerpts}
    return KnownOutlines(hop, {e: mel_controls(a, rate, bands, hop) for e, a in audio.items()})


def _pitch(sounds: Sounds, excerpt: Excerpt, port: Port) -> Floats:
    """The pitch controls of an excerpt: those of a prepared set, if it has them on this grid."""
    if isinstance(sounds, PreparedSet) and all(
        name in sounds.manifest["features"] and sounds.hop_length(name) == port.rate
        for name in ("f0", "loudness")
    ):
        pitch, level = (sounds.feature(name, excerpt).T for name in ("f0", "loudness"))
        return pitch_controls.controls_of(pitch, level)
    return pitch_controls.pitch_controls(
        _mono(sounds.audio(excerpt)), sounds.sample_rate, port.rate
    )


def _mono(audio: Floats) -> Floats:
    return audio if audio.ndim == 1 else np.asarray(audio.mean(axis=0))
