"""The training sounds as the samples that a network predicts: classes, or values."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets import Excerpt, Sounds
from whisperwave.dsp.companding import Classes, mulaw_encode
from whisperwave.dsp.emphasis import emphasise
from whisperwave.dsp.prediction import LIMIT, autocorrelation, excitation
from whisperwave.errors import ConfigError
from whisperwave.shapes import Signature

Samples: TypeAlias = Classes | NDArray[np.float32]


def encode(sounds: Sounds, signature: Signature) -> dict[Excerpt, Samples]:
    """The samples of every excerpt as the signature's codec has them.

    Classes are ``[T]``, values ``[T, 1]``. Those of a text are classes already.

    Raises:
        ConfigError: ``BAD_SETTINGS``, the network is one of several channels.
    """
    channels = signature.outputs[0].channels
    if channels > 1:
        raise ConfigError(
            "BAD_SETTINGS",
            f"model.channels={channels}, but sounds are read as one channel.",
            "Use model.channels=1.",
        )
    if signature.codec["name"] == "symbols":
        return {e: sounds.samples[e.start : e.stop] for e in sounds.excerpts}
    return {
        excerpt: _samples(_coded(sounds.audio(excerpt), signature), signature)
        for excerpt in sounds.excerpts
    }


def _samples(audio: NDArray[np.floating], signature: Signature) -> Samples:
    if signature.head == "softmax":
        return mulaw_encode(audio, int(signature.codec["levels"]))
    return np.clip(audio, -1.0, 1.0).astype(np.float32)[:, None]


def _coded(audio: np.ndarray, signature: Signature) -> np.ndarray:
    port = signature.port("predictor")
    if port is None:
        return emphasise(audio, float(signature.codec["preemphasis"]))
    order = port.channels - 1
    lags = autocorrelation(audio, signature.sample_rate, order, port.rate)
    return excitation(audio, lags, port.rate, np.zeros(order)) / LIMIT
