"""Calibration: how large the activations of each channel may be that int8 tells apart.

A few channels are large now and then and small most of the time: the first layer of a network of
µ-law classes hears the amplitude itself, and in quiet sound needs steps that are fine there, not
steps that reach to the loudest peak. `byte_limits` weighs what is clipped against what is rounded.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from whisperwave.modelfile import ModelFile
from whisperwave.modelfile.layouts import wavenet
from whisperwave.runtimes.backends._oracle import Doubles
from whisperwave.runtimes.backends.reference import ReferenceNetwork
from whisperwave.runtimes.byte_limits import Heard
from whisperwave.runtimes.codec import Tokens
from whisperwave.runtimes.guide import Guide
from whisperwave.runtimes.sampling import Sampling

Floats = NDArray[np.float32]

NORMS = (1.0, 1.25, 1.5, 2.0, 3.0)
"""From limits that clip the rare to limits that clip next to nothing."""

_HEAD = ("end1", "end2")
_SIGNED, _POSITIVE = 127, 255  # steps of a byte up to its limit


def calibrations(
    model: ModelFile,
    streams: Iterable[tuple[Tokens, Guide]],
    norms: Sequence[float] = NORMS,
) -> tuple[dict[str, Floats], ...]:
    """Play ``streams`` to the float network and note how large its activations are.

    Args:
        model: a wavenet; its own calibration is not looked at.
        streams: what it hears, classes [T] or values [T, C], and what it is told meanwhile.
        norms: powers of errors that the limits shall make least.

    Returns:
        What a model file calls its calibration, for each norm: ``layers`` [L, R], ``skip`` [S],
        ``end`` [E].
    """
    listener = _Listener(model)
    for tokens, guide in streams:
        listener.listen(tokens, guide)
    return tuple(listener.limits(norm) for norm in norms)


class _Listener(ReferenceNetwork):
    """The oracle, counting the sizes of what each of its products was given."""

    def __init__(self, model: ModelFile) -> None:
        super().__init__(model.config, model.weights, model.signature)
        self._outputs = wavenet.numbers_told(model.config)
        self._layers = [f"layers.{layer}.dilated" for layer in range(len(self.dilations))]
        steps = dict.fromkeys(self._layers, _SIGNED) | dict.fromkeys(_HEAD, _POSITIVE)
        self._heard = {name: Heard(self._w[f"{name}.weight"], most) for name, most in steps.items()}

    def listen(self, tokens: Tokens, guide: Guide) -> None:
        """Hear a whole stream at once."""
        stream = self.open(guide.first, Sampling(), 0, 0)
        # The first sample foretells sample 1: a prediction is told what belongs to its own sample.
        stream.steer(guide.rows(1, len(tokens)))
        stream.predict(tokens, np.empty((len(tokens), self._outputs), np.float32))

    def limits(self, norm: float) -> dict[str, Floats]:
        """How large the inputs of all products may be, to be told apart."""
        return {
            "layers": np.stack([self._heard[name].limits(norm) for name in self._layers]),
            "skip": self._heard["end1"].limits(norm),
            "end": self._heard["end2"].limits(norm),
        }

    def product(self, name: str, x: Doubles) -> Doubles:
        """As the oracle's; gated outputs lie within 1 and need no limit."""
        if name in self._heard:  # what the older taps hear, the newest heard before
            self._heard[name].hear(x[..., -1] if x.ndim > 2 else x)
        return super().product(name, x)
