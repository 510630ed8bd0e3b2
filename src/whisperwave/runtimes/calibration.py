"""Calibration: the largest activation of each channel that int8 has to tell from larger ones.

An int8 product hears its inputs in equal steps up to that limit, and its weights in steps of a
127th of the largest of their row, once the steps of the inputs are multiplied into them. What comes
of clipping beyond the limit costs more than finer steps save, so the limit is never below the
largest activation that was heard. But it may be above: a channel with small weights, or one that
is nearly silent, would leave its weights few of the steps of their row. Such a channel is heard
more coarsely, its weights more finely; activations have steps to spare (after Xiao and others,
"SmoothQuant", 2023, who balance the two alike).
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from whisperwave.modelfile import ModelFile
from whisperwave.modelfile.layouts import wavenet
from whisperwave.runtimes.backends._oracle import Doubles
from whisperwave.runtimes.backends.reference import ReferenceNetwork
from whisperwave.runtimes.codec import Tokens
from whisperwave.runtimes.guide import Guide
from whisperwave.runtimes.sampling import Sampling

Floats = NDArray[np.float32]

_HEAD = ("end1", "end2")
SHARE = 0.25  # of the largest product in steps, which those of the other channels come up to
_SMALLEST = 1e-3  # of the largest weight; a channel of smaller ones is as good as unheard


def calibrate(model: ModelFile, streams: Iterable[tuple[Tokens, Guide]]) -> dict[str, Floats]:
    """Play ``streams`` to the float network and note the largest activations.

    Args:
        model: a wavenet; its own calibration is not looked at.
        streams: what it hears, classes [T] or values [T, C], and what it is told meanwhile.

    Returns:
        What a model file calls its calibration: ``layers`` [L, R], ``skip`` [S], ``end`` [E].
    """
    listener = _Listener(model)
    for tokens, guide in streams:
        listener.listen(tokens, guide)
    layers = range(len(listener.dilations))
    return {
        "layers": np.stack([listener.limits(f"layers.{layer}.dilated") for layer in layers]),
        "skip": listener.limits("end1"),
        "end": listener.limits("end2"),
    }


class _Listener(ReferenceNetwork):
    """The oracle, and the largest size of each channel that each of its products was given."""

    def __init__(self, model: ModelFile) -> None:
        super().__init__(model.config, model.weights, model.signature)
        self._outputs = wavenet.numbers_told(model.config)
        heard = [*(f"layers.{layer}.dilated" for layer in range(len(self.dilations))), *_HEAD]
        self._largest = {name: np.zeros(self._w[f"{name}.weight"].shape[1]) for name in heard}

    def listen(self, tokens: Tokens, guide: Guide) -> None:
        """Hear a whole stream at once."""
        stream = self.open(guide.first, Sampling(), 0, 0)
        # The first sample foretells sample 1: a prediction is told what belongs to its own sample.
        stream.steer(guide.rows(1, len(tokens)))
        stream.predict(tokens, np.empty((len(tokens), self._outputs), np.float32))

    def limits(self, name: str) -> Floats:
        """How large the inputs [I] of a product may be, to be told apart."""
        weight = np.abs(self._w[f"{name}.weight"])
        return _balanced(self._largest[name], weight.reshape(*weight.shape[:2], -1).max((0, 2)))

    def product(self, name: str, x: Doubles) -> Doubles:
        """As the oracle's; gated outputs lie within 1 and need no limit."""
        if name in self._largest:
            largest = np.maximum(x.max(axis=0), -x.min(axis=0))
            largest = largest.reshape(len(largest), -1).max(axis=1)  # over the taps
            self._largest[name] = np.maximum(largest, self._largest[name])
        return super().product(name, x)


def _balanced(largest: Doubles, weights: Doubles) -> Floats:
    """Limits [I] of channels of which the ``largest`` activations and weights [I] are given."""
    weights = np.maximum(weights, _SMALLEST * weights.max())
    least = SHARE * (largest * weights).max()
    limits = np.maximum(largest, least / weights) if least > 0.0 else largest
    return np.asarray(limits, np.float32)
