"""The tensors of a WaveNet (van den Oord et al., 2016): gated units, skips, style and controls."""

from collections.abc import Mapping

from whisperwave.modelfile.layouts import _gated

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
DEFAULTS: Mapping[str, int] = {
    "initial_kernel_size": 1,
    "scalar_input": 0,
    "logistics": 0,
    "gaussians": 0,
    "channels": 1,
}
_NUMBERS_A_COMPONENT = 3  # of a mixture: logit, mean and log-scale
_FLOAT32_BYTES = 4


def complete(config: Mapping[str, int]) -> dict[str, int]:
    """The configuration with what it says by leaving it out."""
    return {**DEFAULTS, **config}


def dilations(config: Mapping[str, int]) -> list[int]:
    """The dilation of each layer, doubling within a block and starting again in the next."""
    return [1 << layer for layer in range(config["layers_per_block"])] * config["blocks"]


def contradiction(config: Mapping[str, int]) -> str | None:
    """What the hyperparameters say against each other, or None."""
    full = complete(config)
    heads = [name for name in ("classes", "logistics", "gaussians") if full[name]]
    if len(heads) != 1:
        return f"it tells a sample by {' and '.join(heads) or 'nothing'}, not in one way"
    if heads != ["classes"]:
        return None if full["scalar_input"] else "values are told, but scalar_input is 0"
    if full["classes"] < 2:
        return "there is one class, so nothing to tell"
    return None if full["channels"] == 1 else f"a class cannot tell {full['channels']} channels"


def head(config: Mapping[str, int]) -> str:
    """The form of the prediction, as a signature names it."""
    full = complete(config)
    return "softmax" if full["classes"] else "logistics" if full["logistics"] else "gaussians"


def numbers_told(config: Mapping[str, int]) -> int:
    """How many numbers the network tells of each sample: logits, or those of its mixtures."""
    full = complete(config)
    components = full["logistics"] + full["gaussians"]
    return full["classes"] + _NUMBERS_A_COMPONENT * components * full["channels"]


def shapes(config: Mapping[str, int]) -> dict[str, Shape]:
    """Every tensor's name and shape, as the state dict of the torch model names them."""
    conditioning = config["conditioning_channels"] + config["control_channels"]
    later = _gated.shapes(config, len(dilations(config)), conditioning, numbers_told(config))
    return _first_layer(complete(config)) | later


def calibration(config: Mapping[str, int]) -> dict[str, Shape]:
    """The activations that int8 hears."""
    return _gated.calibration(config, len(dilations(config)))


def state_bytes(config: Mapping[str, int]) -> int:
    """Memory of one stream: each dilated layer remembers its inputs as far back as it looks.

    With classes as scalar input there is also the table in which a runtime may look its answers up.
    """
    first = complete(config)
    answers = first["scalar_input"] * first["initial_kernel_size"] * first["classes"]
    return (_reach(config) + answers) * config["residual_channels"] * _FLOAT32_BYTES


def facts(config: Mapping[str, int]) -> dict[str, int | str]:
    """What a signature must say about a network of these hyperparameters."""
    told: dict[str, int | str] = {"head": head(config)}
    if not config["classes"]:
        told["audio_channels"] = complete(config)["channels"]
    return told | {
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
        return {
            "embedding.weight": (taps * config["channels"], residual),
            "embedding.bias": (residual,),
        }
    return {"embedding.weight": (taps * config["classes"], residual)}


def _reach(config: Mapping[str, int]) -> int:
    """How far the dilated layers look back together, in samples."""
    return (config["kernel_size"] - 1) * sum(dilations(config))
