"""The tensors of a WaveNet (van den Oord et al., 2016): gated units, skips, style and controls."""

from collections.abc import Mapping

Shape = tuple[int, ...]

KEYS = frozenset(
    {
        "layers_per_block",
        "blocks",
        "kernel_size",
        "residual_channels",
        "dilation_channels",
        "skip_channels",
        "end_channels",
        "classes",
        "conditioning_channels",
        "control_channels",
        "hop_length",
    }
)
DEFAULTS: Mapping[str, int] = {"initial_kernel_size": 1, "scalar_input": 0}
_FLOAT32_BYTES = 4


def complete(config: Mapping[str, int]) -> dict[str, int]:
    """The configuration with what it says by leaving it out."""
    return {**DEFAULTS, **config}


def dilations(config: Mapping[str, int]) -> list[int]:
    """The dilation of each layer, doubling within a block and starting again in the next."""
    return [1 << layer for layer in range(config["layers_per_block"])] * config["blocks"]


def shapes(config: Mapping[str, int]) -> dict[str, Shape]:
    """Every tensor's name and shape, as the state dict of the torch model names them."""
    skip, end, classes = config["skip_channels"], config["end_channels"], config["classes"]
    expected = _first_layer(complete(config))
    count = _layers(config)
    for index in range(count):
        layer = _layer(config, last=index == count - 1)
        expected |= {f"layers.{index}.{name}": shape for name, shape in layer.items()}
    return expected | {
        "skip_bias": (skip,),
        "end1.weight": (end, skip),
        "end1.bias": (end,),
        "end2.weight": (classes, end),
        "end2.bias": (classes,),
    }


def state_bytes(config: Mapping[str, int]) -> int:
    """Memory of one stream: each dilated layer remembers its inputs as far back as it looks.

    With scalar input there is also the table in which a runtime may look its answers up.
    """
    first = complete(config)
    answers = first["scalar_input"] * first["initial_kernel_size"] * first["classes"]
    return (_reach(config) + answers) * config["residual_channels"] * _FLOAT32_BYTES


def facts(config: Mapping[str, int]) -> dict[str, int]:
    """What a signature must say about a network of these hyperparameters."""
    return {
        "receptive_field": complete(config)["initial_kernel_size"] + _reach(config),
        "levels": config["classes"],
        "style_channels": config["conditioning_channels"],
        "control_channels": config["control_channels"],
        "hop_length": config["hop_length"],
        "predictor_hop_length": config["hop_length"],
    }


def _first_layer(config: Mapping[str, int]) -> dict[str, Shape]:
    taps, residual = config["initial_kernel_size"], config["residual_channels"]
    if config["scalar_input"]:
        return {"embedding.weight": (taps, residual), "embedding.bias": (residual,)}
    return {"embedding.weight": (taps * config["classes"], residual)}


def _layer(config: Mapping[str, int], last: bool) -> dict[str, Shape]:
    residual, gated = config["residual_channels"], config["dilation_channels"]
    layer: dict[str, Shape] = {
        "dilated.weight": (2 * gated, residual, config["kernel_size"]),
        "dilated.bias": (2 * gated,),
        "skip.weight": (config["skip_channels"], gated),
    }
    told = config["conditioning_channels"] + config["control_channels"]
    if told:
        layer["conditioning.weight"] = (2 * gated, told)
    if not last:  # nothing follows the last layer's residual output
        layer |= {"residual.weight": (residual, gated), "residual.bias": (residual,)}
    return layer


def _layers(config: Mapping[str, int]) -> int:
    return config["layers_per_block"] * config["blocks"]


def _reach(config: Mapping[str, int]) -> int:
    """How far the dilated layers look back together, in samples."""
    return (config["kernel_size"] - 1) * sum(dilations(config))
