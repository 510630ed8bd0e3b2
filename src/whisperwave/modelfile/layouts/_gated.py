"""What the families of gated, dilated layers have in common: the tensors from there to the end."""

from collections.abc import Mapping

Shape = tuple[int, ...]


def shapes(
    config: Mapping[str, int], layers: int, conditioning_channels: int, outputs: int
) -> dict[str, Shape]:
    """The tensors of ``layers`` layers and of the head, by the names of the torch models.

    Args:
        config: ``kernel_size`` and the sizes of residual, dilation, skip and end channels.
        layers: how many there are.
        conditioning_channels: numbers that every layer is told.
        outputs: numbers of the last layer.
    """
    skip, end = config["skip_channels"], config["end_channels"]
    expected: dict[str, Shape] = {}
    for index in range(layers):
        layer = _layer(config, conditioning_channels, last=index == layers - 1)
        expected |= {f"layers.{index}.{name}": shape for name, shape in layer.items()}
    return expected | {
        "skip_bias": (skip,),
        "end1.weight": (end, skip),
        "end1.bias": (end,),
        "end2.weight": (outputs, end),
        "end2.bias": (outputs,),
    }


def _layer(config: Mapping[str, int], conditioning_channels: int, last: bool) -> dict[str, Shape]:
    residual, gated = config["residual_channels"], config["dilation_channels"]
    layer: dict[str, Shape] = {
        "dilated.weight": (2 * gated, residual, config["kernel_size"]),
        "dilated.bias": (2 * gated,),
        "skip.weight": (config["skip_channels"], gated),
    }
    if conditioning_channels:
        layer["conditioning.weight"] = (2 * gated, conditioning_channels)
    if not last:  # nothing follows the last layer's residual output
        layer |= {"residual.weight": (residual, gated), "residual.bias": (residual,)}
    return layer


def calibration(config: Mapping[str, int], layers: int) -> dict[str, Shape]:
    """Of int8 products: each layer's input, the skip sum, and what `end1` gives."""
    return {
        "layers": (layers, config["residual_channels"]),
        "skip": (config["skip_channels"],),
        "end": (config["end_channels"],),
    }
