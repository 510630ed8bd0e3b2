"""From a plain network to the weights of our family `wavenet`: the same sums, in another order.

- Filter and gate lie side by side in one convolution.
- The skips' biases all reach the same sum, so they are added up once.
- A bias of the first layer is added to each row of its newest tap, of which exactly one is heard.
- The classes that a network is told come as one-hot styles, or one of them is added to the biases.
- Our dilations double from 1 in every block. Where the source leaves some out, a layer of zeros
  stands in their place, which adds nothing to anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from whisperwave.errors import ConfigError
from whisperwave.exchange.foreign.faults import unsupported
from whisperwave.exchange.foreign.layers import Array, Plain
from whisperwave.modelfile.layouts import wavenet

_HOP_LENGTH = 160  # of controls, which an imported network has none of
_Sizes = Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Mapped:
    """A network in the terms of our family; ``empty_layers`` of zeros were put in."""

    config: dict[str, int]
    weights: dict[str, Array]
    empty_layers: int


def mapped(network: Plain, dilations: Sequence[int], told: int | None = None) -> Mapped:
    """The same network in our layout.

    Args:
        network: checked.
        dilations: of each of its layers.
        told: the class that it is told once for all; None leaves that to the style.

    Raises:
        ModelFileError: ``IMPORT_UNSUPPORTED``, our family cannot dilate so.
        ConfigError: ``UNKNOWN_CLASS``.
    """
    if told is not None and not 0 <= told < network.told:
        raise ConfigError(
            "UNKNOWN_CLASS", f"there is no class {told}.",
            f"This network is told 0 to {network.told - 1}." if network.told
            else "This network is told no class.",
        )  # fmt: skip
    per_block, places = _places(dilations)
    config = _config(network, per_block, places[-1] // per_block + 1)
    if told is not None:
        config["conditioning_channels"] = 0
    shapes = wavenet.shapes(config)
    weights = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    for layer, place in enumerate(places):
        for name, array in _layer(network, layer, told).items():
            if f"layers.{place}.{name}" in weights:  # but for what follows the last layer
                weights[f"layers.{place}.{name}"] = array
    weights |= _ends(network)
    return Mapped(config, weights, len(wavenet.dilations(config)) - len(places))


def _places(dilations: Sequence[int]) -> tuple[int, list[int]]:
    """How long our blocks are, and at which of our layers each of the source's finds its place."""
    if any(dilation < 1 or dilation & (dilation - 1) for dilation in dilations):
        raise unsupported(
            f"its dilations are {list(dilations)!s:.120}, not all powers of two",
            "Our WaveNets double their dilations from layer to layer.",
        )
    steps = [dilation.bit_length() - 1 for dilation in dilations]
    per_block, place, places = 1 + max(steps), 0, []
    for step in steps:
        place += (step - place) % per_block
        places.append(place)
        place += 1
    return per_block, places


def _config(network: Plain, per_block: int, blocks: int) -> dict[str, int]:
    shapes = {name: tensor.shape for name, tensor in network.tensors.items()}
    gated, residual, kernel = shapes["layers.0.filter.weight"]
    end, skip, _ = shapes["end1.weight"]
    return {
        "layers_per_block": per_block,
        "blocks": blocks,
        "kernel_size": kernel,
        "residual_channels": residual,
        "dilation_channels": gated,
        "skip_channels": skip,
        "end_channels": end,
        "classes": network.classes,
        "conditioning_channels": network.told,
        "control_channels": 0,
        "hop_length": _HOP_LENGTH,
        "initial_kernel_size": shapes["start.weight"][2],
        "scalar_input": int(network.scalar),
    }


def _layer(network: Plain, layer: int, told: int | None) -> dict[str, Array]:
    own = {
        name: network.tensors[f"layers.{layer}.{name}"]
        for name in ("filter.weight", "gate.weight", "filter.bias", "gate.bias", "skip.weight")
    }
    mapped = {
        "dilated.weight": np.concatenate([own["filter.weight"], own["gate.weight"]]),
        "dilated.bias": np.concatenate([own["filter.bias"], own["gate.bias"]]),
        "skip.weight": own["skip.weight"][:, :, 0],
    }
    if f"layers.{layer}.residual.weight" in network.tensors:
        mapped["residual.weight"] = network.tensors[f"layers.{layer}.residual.weight"][:, :, 0]
        mapped["residual.bias"] = network.tensors[f"layers.{layer}.residual.bias"]
    if network.told:
        parts = (network.tensors[f"layers.{layer}.told_{part}"] for part in ("filter", "gate"))
        condition = np.concatenate(list(parts))
        if told is None:
            mapped["conditioning.weight"] = condition
        else:
            mapped["dilated.bias"] = mapped["dilated.bias"] + condition[:, told]
    return mapped


def _ends(network: Plain) -> dict[str, Array]:
    tensors = network.tensors
    skips = [tensors[f"layers.{layer}.skip.bias"] for layer in range(network.layers)]
    return {
        **_first(network),
        "skip_bias": np.sum(np.asarray(skips, np.float64), axis=0).astype(np.float32),
        "end1.weight": tensors["end1.weight"][:, :, 0],
        "end1.bias": tensors["end1.bias"],
        "end2.weight": tensors["end2.weight"][:, :, 0],
        "end2.bias": tensors["end2.bias"],
    }


def _first(network: Plain) -> dict[str, Array]:
    """``[R, A, k]`` to a row for each class at each tap, or for each value."""
    weight, bias = network.tensors["start.weight"], network.tensors["start.bias"]
    rows: Any = np.moveaxis(weight, 0, 2).transpose(1, 0, 2)  # [k, A, R]
    if network.scalar:
        return {"embedding.weight": rows.reshape(-1, len(bias)), "embedding.bias": bias}
    rows = np.concatenate([rows[:-1], rows[-1:] + bias])
    return {"embedding.weight": rows.reshape(-1, len(bias))}
