"""bfloat16 and int8 for reading: the oracle, with its numbers rounded as these precisions round.

What they cost is in the rounding alone, so all numbers stay float64 here, at the places that 16
bits or a byte can take. `docs/explanation/engine.md` says which these are.
"""

from typing import Any

import numpy as np
from any_wavenets import a_guide, tokens
from numpy.typing import NDArray
from tiny_wavenets import Weights, signature

from whisperwave.modelfile.layouts import wavenet
from whisperwave.runtimes.backends.reference import ReferenceNetwork
from whisperwave.runtimes.session import Runtime

Doubles = NDArray[np.float64]

_SIGNED, _UNSIGNED = 127, 255
_NEVER_ROUNDED = ("embedding.weight", "conditioning.weight")


class Bfloat16Network(ReferenceNetwork):
    """A WaveNet whose products read weights of 16 bits, rounded to even."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        for name, weight in self._w.items():
            if name.endswith(".weight") and not name.endswith(_NEVER_ROUNDED):
                bits = weight.astype(np.float32).view(np.uint32)
                even = bits + 0x7FFF + (bits >> 16 & 1) & 0xFFFF0000
                self._w[name] = even.astype(np.uint32).view(np.float32).astype(np.float64)


class _Listening(ReferenceNetwork):
    """The oracle, noting the largest number that comes into each product."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.heard = {
            "calibration.layers": np.zeros((len(self.dilations), self.residual_channels)),
            "calibration.skip": np.zeros(len(self._w["skip_bias"])),
            "calibration.end": np.zeros(len(self._w["end1.bias"])),
        }

    def gated(self, layer: int, taps: Doubles, condition: Doubles) -> Doubles:
        self._note(self.heard["calibration.layers"][layer], taps[..., -1])
        return super().gated(layer, taps, condition)

    def head(self, skips: Doubles) -> Doubles:
        hidden = np.maximum(skips + self._w["skip_bias"], 0)
        end = np.maximum(hidden @ self._w["end1.weight"].T + self._w["end1.bias"], 0)
        self._note(self.heard["calibration.skip"], hidden)
        self._note(self.heard["calibration.end"], end)
        return super().head(skips)

    def _note(self, largest: Doubles, numbers: Doubles) -> None:
        np.maximum(largest, np.abs(numbers).max(axis=0), out=largest)


def calibrated(shape: dict[str, int], weights: Weights, generator: np.random.Generator) -> Weights:
    """The weights with what int8 also needs: the largest inputs of each product, as heard here."""
    facts = signature(shape)
    network = _Listening(shape, weights, facts)
    player = Runtime(network, facts, wavenet.numbers_told(shape))
    player.logits(tokens(shape, generator, 190), a_guide(player, shape, generator))
    return weights | {name: most.astype(np.float32) for name, most in network.heard.items()}


class ByteNetwork(ReferenceNetwork):
    """A WaveNet whose products are of bytes; its weights are `calibrated`."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._steps = self._w["calibration.layers"] / _SIGNED
        self._skip_steps = self._w["calibration.skip"] / _UNSIGNED
        self._end_steps = self._w["calibration.end"] / _UNSIGNED
        gated = np.full(self._w["layers.0.skip.weight"].shape[1], 1 / _SIGNED)
        layers = range(len(self.dilations))
        for layer in layers:
            name = f"layers.{layer}"
            dilated = self._w[f"{name}.dilated.weight"]
            steps = self._steps[layer, :, None]
            # The newest tap and the older ones are two matrices, each row with a scale of its own.
            parts = [_rounded(dilated[..., part], steps) for part in (slice(-1), slice(-1, None))]
            self._w[f"{name}.dilated.weight"] = np.concatenate(parts, axis=-1)
            if layer + 1 < len(layers):
                self._w[f"{name}.residual.weight"] = _rounded(
                    self._w[f"{name}.residual.weight"], gated
                )
        names = [f"layers.{layer}.skip.weight" for layer in layers]
        joined = np.concatenate([self._w[name] for name in names], axis=1)
        rounded = _rounded(joined, np.tile(gated, len(layers)))
        self._w |= dict(zip(names, np.split(rounded, len(layers), axis=1), strict=True))
        self._w["end1.weight"] = _rounded(self._w["end1.weight"], self._skip_steps)
        self._w["end2.weight"] = _rounded(self._w["end2.weight"], self._end_steps)

    def gated(self, layer: int, taps: Doubles, condition: Doubles) -> Doubles:
        steps = self._steps[layer, :, None]
        z = super().gated(layer, _heard(taps, steps, -_SIGNED, _SIGNED), condition)
        return np.rint(z * _SIGNED) / _SIGNED

    def head(self, skips: Doubles) -> Doubles:
        w = self._w
        hidden = _heard(skips + w["skip_bias"], self._skip_steps, 0, _UNSIGNED)
        hidden = hidden @ w["end1.weight"].T + w["end1.bias"]
        told: Doubles = _heard(hidden, self._end_steps, 0, _UNSIGNED) @ w["end2.weight"].T
        return told + w["end2.bias"]


def _heard(x: Doubles, steps: Doubles, least: int, most: int) -> Doubles:
    """Activations at the places of a byte; a channel without a step is never heard."""
    counted = np.divide(x, steps, out=np.zeros_like(x), where=np.broadcast_to(steps > 0, x.shape))
    return np.clip(np.rint(counted), least, most) * steps


def _rounded(weight: Doubles, steps: Doubles) -> Doubles:
    """A matrix [O, ...] whose rows are whole 127ths of their largest product with an input step."""
    products = weight * steps
    scale = np.abs(products).max(axis=tuple(range(1, weight.ndim)), keepdims=True, initial=0.0)
    scale = scale / _SIGNED
    counted = np.divide(products, scale, out=np.zeros_like(products),
                        where=np.broadcast_to(scale > 0, products.shape))  # fmt: skip
    whole = np.rint(counted) * scale
    return np.divide(whole, steps, out=np.zeros_like(whole),
                     where=np.broadcast_to(steps > 0, whole.shape))  # fmt: skip
