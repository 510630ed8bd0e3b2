"""Outlines of the training sounds: the controls that a network is told while it learns them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets import Excerpt, Sounds
from whisperwave.dsp.features.mel import mel_controls
from whisperwave.shapes import Port

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Outlines:
    """The mel controls of every excerpt, ``frames[excerpt] = [K, F]``, a frame each hop."""

    hop_length: int
    frames: dict[Excerpt, Floats]

    def of(self, excerpt: Excerpt, start: int, length: int) -> Floats:
        """The frames that ``length`` samples and the one after them lie in, ``[K, F]``.

        ``start`` counts from the beginning of the excerpt and is a multiple of the hop.
        """
        first = start // self.hop_length
        return self.frames[excerpt][:, first : first + 1 + length // self.hop_length]


def outline(sounds: Sounds, port: Port) -> Outlines:
    """Take the outline of every excerpt, as ``port`` wants it."""
    frames = {
        excerpt: mel_controls(sounds.audio(excerpt), sounds.sample_rate, port.channels, port.rate)
        for excerpt in sounds.excerpts
    }
    return Outlines(port.rate, frames)
