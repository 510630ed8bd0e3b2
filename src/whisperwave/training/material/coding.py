"""The training sounds as the samples that a network predicts: classes, or values."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets import Excerpt, Sounds
from whisperwave.datasets.levelling import FULL_SCALE
from whisperwave.dsp.companding import Classes, mulaw_encode
from whisperwave.dsp.emphasis import emphasise
from whisperwave.dsp.mid_side import mid_side
from whisperwave.dsp.prediction import LIMIT, WINDOW_SECONDS, autocorrelation, excitation
from whisperwave.errors import ConfigError
from whisperwave.shapes import MID_SIDE, Signature

Samples: TypeAlias = Classes | NDArray[np.float32]


Read = Callable[[int, int], NDArray[np.float32]]
"""A sound from one of its samples to another, ``[T]`` or ``[C, T]``."""


@dataclass(frozen=True)
class Reach:
    """Samples before and after a crop that it depends on, and the grid that its frames lie on."""

    before: int
    after: int
    grid: int


class Cuttable(Protocol):
    """Samples of an excerpt, of which only what is cut out needs to be there."""

    def __getitem__(self, place: slice, /) -> Samples:
        """The samples at some place."""


def encode(sounds: Sounds, signature: Signature) -> Mapping[Excerpt, Cuttable]:
    """The samples of every excerpt as the signature's codec has them.

    Classes are ``[T]``, values ``[T, C]``. Sounds that lie on the disk are encoded as crops are
    cut, to the same samples; those in memory at once.

    Raises:
        ConfigError: ``BAD_SETTINGS``, the network has more channels than the sounds.
    """
    channels, have = signature.outputs[0].channels, sounds.channels
    if channels not in (1, have):
        raise ConfigError(
            "BAD_SETTINGS",
            f"model.channels={channels}, but the sounds have {have}.",
            f"Use model.channels={have}.",
        )
    if sounds.is_mapped:
        return EncodedAsNeeded(sounds, signature)
    return {e: _encoded(sounds.audio(e), signature) for e in sounds.excerpts}


@dataclass(frozen=True)
class EncodedAsNeeded(Mapping[Excerpt, Cuttable]):
    """Excerpts whose samples are encoded when a crop is cut out of them."""

    sounds: Sounds
    signature: Signature

    def __getitem__(self, excerpt: Excerpt) -> "EncodedExcerpt":
        return EncodedExcerpt(self.sounds, self.signature, excerpt)

    def __iter__(self) -> Iterator[Excerpt]:
        return iter(self.sounds.excerpts)

    def __len__(self) -> int:
        return len(self.sounds.excerpts)


@dataclass(frozen=True)
class EncodedExcerpt:
    """One excerpt: what a crop's samples depend on is read around it, encoded, and cut off."""

    sounds: Sounds
    signature: Signature
    excerpt: Excerpt

    def __getitem__(self, place: slice) -> Samples:
        length = self.excerpt.stop - self.excerpt.start
        start, stop, _ = place.indices(length)
        return stretch(partial(self.sounds.part, self.excerpt), length, start, stop, self.signature)


def stretch(read: Read, length: int, start: int, stop: int, signature: Signature) -> Samples:
    """The samples from ``start`` to ``stop`` of a sound, of which only what counts is read.

    Args:
        read: gives the sound from one of its samples to another, ``[T]`` or ``[C, T]``.
        length: of the sound, in samples.
        start: the first that is wanted.
        stop: the one behind the last.
        signature: how samples are coded.
    """
    reach = reach_of(signature)
    low = max(0, start - reach.before) // reach.grid * reach.grid
    audio = read(low, min(length, stop + reach.after))
    return _encoded(audio, signature)[start - low : stop - low]


def reach_of(signature: Signature) -> Reach:
    """What coded samples depend on."""
    port = signature.port("predictor")
    if port is None:
        return Reach(1, 0, 1)
    half = round(WINDOW_SECONDS * signature.sample_rate / 2.0)
    return Reach(half + port.channels + port.rate, half, port.rate)


def _encoded(audio: NDArray[np.float32], signature: Signature) -> Samples:
    """The samples of ``[T]`` or ``[C, T]``; a network of one channel hears the mean."""
    heard = np.atleast_2d(audio)
    if signature.codec["name"] == "symbols":  # a text is kept as the numbers of its symbols
        return np.rint(heard[0] * FULL_SCALE).astype(np.int16)
    if signature.outputs[0].channels == 1:
        heard = heard.mean(axis=0, keepdims=True)
    if signature.codec.get("stereo") == MID_SIDE:
        heard = mid_side(heard)
    coded = np.stack([_coded(channel, signature) for channel in heard])
    if signature.head == "softmax":
        return mulaw_encode(coded[0], int(signature.codec["levels"]))
    return np.ascontiguousarray(np.clip(coded, -1.0, 1.0).T, np.float32)


def _coded(audio: NDArray[np.float32], signature: Signature) -> NDArray[np.floating]:
    port = signature.port("predictor")
    if port is None:
        return emphasise(audio, float(signature.codec["preemphasis"]))
    order = port.channels - 1
    lags = autocorrelation(audio, signature.sample_rate, order, port.rate)
    return excitation(audio, lags, port.rate, np.zeros(order)) / LIMIT
