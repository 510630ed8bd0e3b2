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
_FLOAT32_BYTES = 4


def shapes(config: Mapping[str, int]) -> dict[str, Shape]:
    """Every tensor's name and shape, as the state dict of the torch model names them."""
    residual, skip = config["residual_channels"], config["skip_channels"]
    end, classes = config["end_channels"], config["classes"]
    expected: dict[str, Shape] = {"embedding.weight": (classes, residual)}
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
    """Memory of one stream: each dilated layer remembers its inputs as far back as it looks."""
    return (_receptive_field(config) - 1) * config["residual_channels"] * _FLOAT32_BYTES


def facts(config: Mapping[str, int]) -> dict[str, int]:
    """What a signature must say about a network of these hyperparameters."""
    return {
        "receptive_field": _receptive_field(config),
        "levels": config["classes"],
        "style_channels": config["conditioning_channels"],
        "control_channels": config["control_channels"],
        "hop_length": config["hop_length"],
        "predictor_hop_length": config["hop_length"],
    }


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


def _receptive_field(config: Mapping[str, int]) -> int:
    dilations = ((1 << config["layers_per_block"]) - 1) * config["blocks"]
    return 1 + (config["kernel_size"] - 1) * dilations
