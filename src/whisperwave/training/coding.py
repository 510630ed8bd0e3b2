"""The training sounds in the classes that a network predicts."""

import numpy as np

from whisperwave.datasets import Excerpt, Sounds
from whisperwave.dsp.companding import Classes, mulaw_encode
from whisperwave.dsp.emphasis import emphasise
from whisperwave.dsp.prediction import LIMIT, autocorrelation, excitation
from whisperwave.shapes import Signature


def encode(sounds: Sounds, signature: Signature) -> dict[Excerpt, Classes]:
    """The classes of every excerpt, ``[T]``, as the signature's codec has them."""
    levels = int(signature.codec["levels"])
    return {
        excerpt: mulaw_encode(_coded(sounds.audio(excerpt), signature), levels)
        for excerpt in sounds.excerpts
    }


def _coded(audio: np.ndarray, signature: Signature) -> np.ndarray:
    port = signature.port("predictor")
    if port is None:
        return emphasise(audio, float(signature.codec["preemphasis"]))
    order = port.channels - 1
    lags = autocorrelation(audio, signature.sample_rate, order, port.rate)
    return excitation(audio, lags, port.rate, np.zeros(order)) / LIMIT
