"""The tensors of a feed-forward, causal WaveNet: frames of numbers in, frames of numbers out."""

from collections.abc import Mapping

from whisperwave.modelfile.layouts import _gated

Shape = tuple[int, ...]

KEYS = frozenset(
    {
        "layers_per_block",
        "blocks",
        "dilation_growth",
        "kernel_size",
        "initial_kernel_size",
        "residual_channels",
        "dilation_channels",
        "skip_channels",
        "end_channels",
        "input_channels",
        "output_channels",
        "conditioning_channels",
    }
)
DEFAULTS: Mapping[str, int] = {}
_MOST_DILATION = 2**23  # samples
_FLOAT32_BYTES = 4


def dilations(config: Mapping[str, int]) -> list[int]:
    """The dilation of each layer, growing within a block and starting again in the next."""
    growth = config["dilation_growth"]
    return [growth**layer for layer in range(config["layers_per_block"])] * config["blocks"]


def contradiction(config: Mapping[str, int]) -> str | None:
    """What the hyperparameters say against each other, or None."""
    most = max(dilations(config))
    return f"a dilation is {most}, the most is {_MOST_DILATION}" if most > _MOST_DILATION else None


def shapes(config: Mapping[str, int]) -> dict[str, Shape]:
    """Every tensor's name and shape, as the state dict of the torch model names them."""
    residual = config["residual_channels"]
    layers, told = len(dilations(config)), config["conditioning_channels"]
    return {
        "embedding.weight": (config["initial_kernel_size"] * config["input_channels"], residual),
        "embedding.bias": (residual,),
        **_gated.shapes(config, layers, told, config["output_channels"]),
    }


def calibration(config: Mapping[str, int]) -> dict[str, Shape]:
    """The activations that int8 hears."""
    return _gated.calibration(config, len(dilations(config)))


def state_bytes(config: Mapping[str, int]) -> int:
    """Memory of one stream: each dilated layer remembers its inputs as far back as it looks."""
    return _reach(config) * config["residual_channels"] * _FLOAT32_BYTES


def facts(config: Mapping[str, int]) -> dict[str, int | str]:
    """What a signature must say about a network of these hyperparameters."""
    return {
        "head": "numbers",
        "block_size": 1,
        "latency": 0,
        "receptive_field": config["initial_kernel_size"] + _reach(config),
        "input_channels": config["input_channels"],
        "audio_channels": config["output_channels"],
        "style_channels": config["conditioning_channels"],
    }


def _reach(config: Mapping[str, int]) -> int:
    """How far the dilated layers look back together, in frames."""
    return (config["kernel_size"] - 1) * sum(dilations(config))
