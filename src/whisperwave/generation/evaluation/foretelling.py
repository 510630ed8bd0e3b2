"""What a model hears of a sound, and how many bits of it come unforeseen."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import EngineError
from whisperwave.generation.outline import outline_of
from whisperwave.reports.metrics import bits_per_sample
from whisperwave.reports.mixtures import mixture_accuracy, mixture_bits_per_sample
from whisperwave.runtimes import Guide, Runtime
from whisperwave.runtimes.codec import Codec
from whisperwave.runtimes.predictors import Predictors
from whisperwave.shapes import Signature

Floats = NDArray[np.float32]
Samples = NDArray[Any]

YARDSTICK = 256  # µ-law classes, in which models of values are scored


def tokens_of(signature: Signature, audio: Floats, predictors: Predictors | None = None) -> Samples:
    """What a model hears of a sound: ``[T]`` to classes ``[T]`` or values ``[T, 1]``.

    Several channels, ``[C, T]``, become values ``[T, C]``: middle and difference, where the model
    has them.

    Raises:
        EngineError: ``TWO_CHANNELS``, the model hears several, and the sound has one.

    ``predictors`` are those of the sound; None finds them, where the model needs any.
    """
    codec = Codec.of(signature)
    if audio.ndim < min(2, codec.channels):
        raise EngineError(
            "TWO_CHANNELS",
            f"The model hears {codec.channels} channels, and here its sounds have one.",
            "Name a set that was prepared with --channels 2, with --data.",
        )
    if codec.order:
        predictors = predictors or Predictors.of(signature, outline_of(audio, signature).lags)
        audio = predictors.excite(audio, np.zeros(codec.order, np.float32))
    return codec.encode(audio, np.zeros(audio.shape[:-1], np.float32))


@dataclass(frozen=True)
class Foretold:
    """Bits per sample, and the share of samples whose class was held the likeliest."""

    bits: float
    accuracy: float


def bits_of(runtime: Runtime, heard: Samples, guide: Guide) -> float:
    """Bits per sample of what is ``heard``; as `foretold`."""
    return foretold(runtime, heard, guide).bits


def foretold(runtime: Runtime, heard: Samples, guide: Guide) -> Foretold:
    """How well what is ``heard`` after the first receptive field of it is foretold.

    For a model of values the classes are the µ-law classes that the values lie in, so that it
    compares with one of 256 classes. Of several channels both numbers are the mean.
    """
    signature = runtime.signature
    field = signature.receptive_field
    told, true = runtime.logits(heard, guide)[field - 1 : -1], heard[field:]
    if signature.head == "softmax":
        right = float(np.mean(told.argmax(axis=-1) == true))
        return Foretold(bits_per_sample(told, true), right)
    channels = true.shape[1]
    pairs = list(zip(np.split(told, channels, axis=1), true.T, strict=True))
    bits = [mixture_bits_per_sample(signature.head, *pair, YARDSTICK) for pair in pairs]
    hits = [mixture_accuracy(*pair, YARDSTICK) for pair in pairs]
    return Foretold(float(np.mean(bits)), float(np.mean(hits)))
