"""The outline of a sound: how loud each part of its spectrum is, and what filters it, by frames.

A network that remembers a fraction of a second cannot plan a bow stroke or the pause before the
next drop. So it is told the slow outline, and fills in the sound.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.features.mel import mel_controls, mix_controls
from whisperwave.dsp.prediction import autocorrelation
from whisperwave.generation.widening import TIMES, wide_outline
from whisperwave.shapes import Signature

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Outline:
    """Frames of a sound: mel controls [K, F], autocorrelations [P + 1, F], the wide outline [W, F].

    Autocorrelations are [0, F] for a model of the sound itself, which has no predictor; the wide
    outline is [0, F] for a piece that is not to be widened.
    """

    mel: Floats
    lags: Doubles
    wide: Floats

    @property
    def frames(self) -> int:
        """How many there are."""
        return int(self.mel.shape[1])

    @property
    def predicting(self) -> Doubles | None:
        """The autocorrelations, or None where there are none."""
        return self.lags if len(self.lags) else None

    def at(self, frames: slice | NDArray[np.integer]) -> "Outline":
        """Some of its frames."""
        return Outline(self.mel[:, frames], self.lags[:, frames], self.wide[:, frames])

    def crossing(self, other: "Outline", rise: Floats) -> "Outline":
        """Pass over to the first frames of another, whose share ``rise`` [F] is of each frame."""
        fall = np.float32(1.0) - rise
        count = len(rise)
        return Outline(
            self.mel * fall + other.mel[:, :count] * rise,
            self.lags * fall + other.lags[:, :count] * rise,
            self.wide * fall + other.wide[:, :count] * rise,
        )


def joined(outlines: Sequence[Outline]) -> Outline:
    """One after the other."""
    return Outline(
        np.concatenate([each.mel for each in outlines], axis=1),
        np.concatenate([each.lags for each in outlines], axis=1),
        np.concatenate([each.wide for each in outlines], axis=1),
    )


def mixed(outlines: Sequence[Outline], shares: Sequence[float]) -> Outline:
    """Sounds heard together, as long as each other: their powers add up by their shares."""
    lags = np.zeros_like(outlines[0].lags)
    for each, share in zip(outlines, shares, strict=True):
        lags += share * each.lags
    return Outline(
        mix_controls([each.mel for each in outlines], shares),
        lags,
        mix_controls([each.wide for each in outlines], shares),
    )


def outline_of(audio: Floats, signature: Signature, wide: Floats | None = None) -> Outline:
    """The outline of a sound ``[T]``, as a model with controls is told it.

    ``wide`` is the same sound in two channels at the rate of a widened piece, if that is wanted.
    """
    control, predictor = signature.port("control"), signature.port("predictor")
    if control is None:
        raise ValueError("the model takes no controls")
    mel = mel_controls(audio, signature.sample_rate, control.channels, control.rate)
    lags, wider = np.empty((0, mel.shape[1])), np.empty((0, mel.shape[1]), np.float32)
    if predictor is not None:
        order = predictor.channels - 1
        lags = autocorrelation(audio, signature.sample_rate, order, predictor.rate)
    if wide is not None:
        wider = wide_outline(wide, TIMES * signature.sample_rate, TIMES * control.rate)
    return Outline(mel, lags, wider)
