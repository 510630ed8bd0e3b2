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


class Bfloat16Network(ReferenceNetwork):
    """A WaveNet whose products read numbers of 16 bits on both sides, rounded to even."""

    def product(self, name: str, x: Doubles) -> Doubles:
        """As the oracle's, of what 16 bits have left of both sides."""
        weight = _sixteen_bits(self._w[f"{name}.weight"])
        told: Doubles = _sixteen_bits(x).reshape(len(x), -1) @ weight.reshape(len(weight), -1).T
        return told


def _sixteen_bits(numbers: Doubles) -> Doubles:
    bits = numbers.astype(np.float32).view(np.uint32)
    even = bits + 0x7FFF + (bits >> 16 & 1) & 0xFFFF0000
    return even.astype(np.uint32).view(np.float32).astype(np.float64)


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
        names = [f"layers.{layer}.skip.weight" for layer in range(len(self.dilations))]
        joined = np.concatenate([self._w[name] for name in names], axis=1)
        self._skip_scales = _scales(joined / _SIGNED)  # of all layers' skips, which are one matrix

    def product(self, name: str, x: Doubles) -> Doubles:
        """As the oracle's, of what a byte has left of both sides."""
        weight = self._w[f"{name}.weight"]
        kind = name.rpartition(".")[2]
        if kind == "dilated":
            largest = self._w["calibration.layers"][int(name.split(".")[1])]
            # The newest tap and the older ones are two matrices, each row with a scale of its own.
            newest = _product(weight[..., -1:], x[..., -1:], largest, _SIGNED)
            return newest + _product(weight[..., :-1], x[..., :-1], largest, _SIGNED)
        if kind in ("skip", "residual"):
            scales = self._skip_scales if kind == "skip" else None
            return _product(weight[..., None], x[..., None], np.ones(x.shape[1]), _SIGNED, scales)
        largest = self._w["calibration.skip" if name == "end1" else "calibration.end"]
        return _product(weight[..., None], x[..., None], largest, _UNSIGNED)


def _product(
    weight: Doubles, x: Doubles, largest: Doubles, most: int, scales: Doubles | None = None
) -> Doubles:
    """Of [O, I, k] and [T, I, k]: inputs [I] come in ``most`` steps up to their largest."""
    steps = (largest / most)[:, None]
    heard = np.clip(_whole(x, steps), -most, most).reshape(len(x), -1)
    rows = (weight * steps).reshape(len(weight), -1)
    scales = _scales(rows) if scales is None else scales
    told: Doubles = heard @ _whole(rows, scales).T * scales.T
    return told


def _scales(rows: Doubles) -> Doubles:
    """Of each row a 127th of its largest number."""
    scales: Doubles = np.abs(rows).max(axis=1, keepdims=True, initial=0.0) / _SIGNED
    return scales


def _whole(numbers: Doubles, steps: Doubles) -> Doubles:
    """How many steps each is; without a step, none."""
    there = np.broadcast_to(steps > 0, numbers.shape)
    return np.rint(np.divide(numbers, steps, out=np.zeros_like(numbers), where=there))
