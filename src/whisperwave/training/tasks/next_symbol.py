"""Learn to predict the next symbol of a text: what `next_sample` does to samples of sound."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from whisperwave.datasets import Split
from whisperwave.datasets.augmenting import chain
from whisperwave.errors import ConfigError
from whisperwave.modelfile import StyleProjection
from whisperwave.reports.ngrams import NGrams
from whisperwave.shapes import Port, Signature
from whisperwave.training.learning.autoregressive import NextSample, build
from whisperwave.training.material.coding import encode
from whisperwave.training.material.preparation import Prepared, build_network, extent
from whisperwave.training.material.texts import read_text
from whisperwave.training.settings.run import STYLE_NUMBERS, RunSettings

__all__ = ["NextSample", "build", "describe", "prepare"]

BASELINE_ORDER = 5
_MOST_CODES = 2**63  # of runs of so many symbols, which the baseline counts


def prepare(
    path: Path, settings: RunSettings, style: StyleProjection | None = None
) -> tuple[nn.Module, Prepared]:
    """Read a text, and build the network that the settings name for as many symbols as it has.

    Raises:
        ConfigError: ``BAD_SETTINGS``, the model is told a style or controls, or draws values; or
            the text would be augmented.
        TrainingError: ``NO_TEXT``.
    """
    _check_model(settings.model, style)
    _check_augmentation(settings.augmentation)
    text = read_text(path, settings.data.validation, int(settings.model["classes"]))
    settings = replace(
        settings, model=settings.model | {"classes": len(text.symbols), STYLE_NUMBERS: 0}
    )
    network = build_network(settings)
    signature = _of_text(network.signature(1, 0.0, 0), text.symbols)  # type: ignore[operator] # every family's method
    samples = encode(text.sounds, signature)
    return network, Prepared(settings, signature, text.sounds, samples, None, None)


def describe(prepared: Prepared) -> Mapping[str, Any]:
    """How long the text is, and the bits a symbol of counting alone: the baseline to beat."""
    levels = int(prepared.signature.codec["levels"])
    told = {"symbols": levels, **extent(prepared)}
    order, held_out = BASELINE_ORDER, _classes(prepared, "validation")
    if not held_out or levels**order >= _MOST_CODES:
        return told | {"baseline_order": 0, "baseline_bits": round(float(np.log2(levels)), 4)}
    bits = NGrams(_classes(prepared, "train"), order, levels).bits_per_sample(held_out[0])
    return told | {"baseline_order": order, "baseline_bits": round(bits, 4)}


def _classes(prepared: Prepared, split: Split) -> list[NDArray[np.integer]]:
    return [np.asarray(prepared.samples[e][:], np.int64) for e in prepared.sounds.of(split)]


def _check_model(model: Mapping[str, Any], style: StyleProjection | None) -> None:
    told = [n for n in (STYLE_NUMBERS, "control_channels") if model.get(n)]
    if not model.get("classes") or told or style is not None:
        raise ConfigError(
            "BAD_SETTINGS",
            f"a text needs a model of classes that is told nothing; this one has "
            f"classes={model.get('classes')} and {', '.join(told) or 'no conditions'}.",
            "Use model=wavenet/text.",
        )


def _check_augmentation(augmentation: Mapping[str, Any]) -> None:
    named = zip(augmentation, chain(augmentation).steps, strict=True)
    active = [name for name, step in named if step.probability > 0.0]
    if active:
        raise ConfigError(
            "BAD_SETTINGS", f"augmentation of a text by {', '.join(active)}: those are for sounds.",
            "Use augmentation=none.",
        )  # fmt: skip


def _of_text(signature: Signature, symbols: tuple[str, ...]) -> Signature:
    port = Port("text", 1, 1, "symbol")
    codec = {"name": "symbols", "levels": len(symbols), "symbols": list(symbols)}
    return replace(signature, inputs=(), outputs=(port,), sample_rate=1, codec=codec)
