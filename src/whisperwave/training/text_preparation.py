"""What a run of text hears: symbols, and a network that tells as many of them apart."""

from dataclasses import replace
from pathlib import Path

from torch import nn

from whisperwave.errors import ConfigError
from whisperwave.shapes import Port, Signature
from whisperwave.training.coding import encode
from whisperwave.training.preparation import Prepared, build_network
from whisperwave.training.settings import RunSettings
from whisperwave.training.texts import read_text


def prepare_text(path: Path, settings: RunSettings) -> tuple[nn.Module, Prepared]:
    """Read a text, and build the network that the settings name for its symbols.

    Raises:
        ConfigError: ``BAD_SETTINGS``, the model is told a style or controls, or draws values.
        TrainingError: ``NO_TEXT``.
    """
    model = settings.model
    _check_model(model)
    text = read_text(path, settings.data.validation, int(model["classes"]))
    settings = replace(settings, model=dict(model) | {"classes": len(text.symbols)})
    network = build_network(settings)
    signature = _of_text(network.signature(1, 0.0, 0), text.symbols)  # type: ignore[operator] # every family's method
    samples = encode(text.sounds, signature)
    return network, Prepared(settings, signature, text.sounds, samples, None, None)


def _check_model(model: dict[str, object]) -> None:
    told = [n for n in ("conditioning_channels", "control_channels") if model.get(n)]
    if not model.get("classes") or told:
        raise ConfigError(
            "BAD_SETTINGS",
            f"classes={model.get('classes')} and {', '.join(told) or 'no condition'} do not "
            "suit a text.",
            "Use model=wavenet/text.",
        )


def _of_text(signature: Signature, symbols: tuple[str, ...]) -> Signature:
    port = Port("text", 1, 1, "symbol")
    codec = {"name": "symbols", "levels": len(symbols), "symbols": list(symbols)}
    return replace(signature, inputs=(), outputs=(port,), sample_rate=1, codec=codec)
