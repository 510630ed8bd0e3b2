"""What a run hears: the sounds, their styles, and how they are cut for a network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from whisperwave import registry
from whisperwave.datasets import (
    Excerpt,
    Sounds,
    Split,
    is_prepared,
    read_prepared,
    read_sounds,
)
from whisperwave.datasets.augmenting import Chain
from whisperwave.dsp import pitch_controls
from whisperwave.errors import ConfigError
from whisperwave.modelfile import StyleProjection
from whisperwave.shapes import Port, Signature
from whisperwave.training.material.augmented import Augmenter, augmentation
from whisperwave.training.material.coding import Cuttable, encode
from whisperwave.training.material.crops import Corpus, Crops, CropShape
from whisperwave.training.material.outlines import Outlines, outline
from whisperwave.training.material.styles import Styles, classify, describe, settled
from whisperwave.training.settings.run import DataSettings, RunSettings


@dataclass(frozen=True)
class Prepared:
    """Settings and sounds of a run, what the network is told of them, and what it says of itself.

    ``styles`` and ``outlines`` are None for a network that takes no style or no controls; without
    ``steps`` nothing is ever changed.
    """

    settings: RunSettings
    signature: Signature
    sounds: Sounds
    samples: Mapping[Excerpt, Cuttable]
    styles: Styles | None
    outlines: Outlines | None
    steps: Chain | None = None

    def crops(self, split: Split, indices: Sequence[int], seed: int) -> Crops:
        """Crops of one split; each gives every target its whole receptive field."""
        context = self.signature.receptive_field - 1
        shape, data = CropShape(context, self.settings.data.crop), self.settings.data
        corpus = Corpus(self.sounds, self.samples, self.styles, self.outlines, self._augmenter)
        if self.styles and self.styles.classes:  # nothing lies near a name, to be learned by noise
            data = replace(data, style_noise=0.0)
        return Crops(corpus, split, data, shape, indices, seed)

    @property
    def _augmenter(self) -> Augmenter | None:
        if self.steps is None or not self.steps.active:
            return None
        textures = self.styles if self.styles and not self.styles.classes else None
        seconds = self.settings.data.style_seconds
        return Augmenter(self.sounds, self.steps, self.signature, textures, seconds)


def extent(prepared: Prepared) -> dict[str, float]:
    """How much there is of each split: minutes of sound, or symbols of a text."""
    sounds = prepared.sounds
    splits: tuple[Split, ...] = ("train", "validation")
    if is_text(prepared.signature):
        return {f"{s}_symbols": sum(e.stop - e.start for e in sounds.of(s)) for s in splits}
    return {f"{s}_minutes": round(sounds.minutes(s), 2) for s in splits}


def augmented(prepared: Prepared) -> dict[str, Any]:
    """The probability of each change that may happen, and how many files are too short for it."""
    steps, settings = prepared.steps, prepared.settings
    if steps is None or not steps.active:
        return {}
    rate = prepared.signature.sample_rate
    needed = steps.needed(prepared.signature.receptive_field + settings.data.crop, rate)
    named = zip(settings.augmentation, steps.steps, strict=True)
    return {
        "augmentation": {n: step.probability for n, step in named if step.probability > 0.0},
        "too_short_to_change": sum(e.stop - e.start < needed for e in prepared.sounds.of("train")),
    }


def is_text(signature: Signature) -> bool:
    """Whether what is learnt are symbols."""
    return signature.outputs[0].role == "symbol"


def build_network(settings: RunSettings) -> nn.Module:
    """The network that the settings name, found by its family's file name.

    What they leave open (null) is what the family has by itself.
    """
    config = {name: value for name, value in settings.model.items() if value is not None}
    family = config.pop("family", None)
    if family is None:
        raise ConfigError("BAD_SETTINGS", "model has no family.", "Add family: wavenet.")
    network: nn.Module = registry.find("models", family).build(config)
    return network


def prepare(
    folder: Path, settings: RunSettings, style: StyleProjection | None = None
) -> tuple[nn.Module, Prepared]:
    """Read the sounds, or open the set, and build the network that the settings name for them.

    Styles are taken by a known projection or a new one.

    Raises:
        ConfigError: the settings do not fit each other, found before any sound is read; or not
            the sounds, found before anything else is made of them.
    """
    _check(settings)
    data = settings.data
    sounds = _heard(folder, data, settings.trainer.seed)
    settings = settled(settings, sounds, style)
    network = build_network(settings)
    signature = _signature(network, data)
    steps = augmentation(settings.augmentation, signature)
    told = signature.port("control")
    styles = _styles(sounds, signature.port("style"), data, style)
    outlines = outline(sounds, told) if told else None
    samples = encode(sounds, signature)
    return network, Prepared(settings, signature, sounds, samples, styles, outlines, steps)


def _check(settings: RunSettings) -> None:
    """Refuse what no sounds would fit; chance is left where it was."""
    with torch.random.fork_rng(devices=()):
        network = build_network(settings)
    augmentation(settings.augmentation, _signature(network, settings.data))


def _signature(network: nn.Module, data: DataSettings) -> Signature:
    """The network's own, with the name of what its controls are.

    Raises:
        ConfigError: ``BAD_SETTINGS``, it does not have as many as pitch takes.
    """
    by_pitch = data.controls == pitch_controls.NAME
    order = 0 if by_pitch and data.prediction_order is None else data.prediction_order
    signature: Signature = network.signature(data.sample_rate, data.preemphasis, order)  # type: ignore[operator] # every family's method
    port = signature.port("control")
    if not by_pitch:
        return signature
    if port is None or port.channels != pitch_controls.CHANNELS:
        raise ConfigError(
            "BAD_SETTINGS",
            f"data.controls={data.controls}, but the network takes "
            f"{port.channels if port else 0} controls.",
            f"Use model.control_channels={pitch_controls.CHANNELS}.",
        )
    named = replace(port, name=pitch_controls.NAME)
    return replace(
        signature, inputs=tuple(named if each == port else each for each in signature.inputs)
    )


def _heard(folder: Path, data: DataSettings, seed: int) -> Sounds:
    """A prepared set as it lies, or every sound of a folder."""
    if not is_prepared(folder):
        return read_sounds(folder, data.sample_rate, data.validation, seed, data.trim_below_db)
    sounds = read_prepared(folder)
    if sounds.sample_rate != data.sample_rate:
        raise ConfigError(
            "BAD_SETTINGS",
            f"data.sample_rate={data.sample_rate}, but {str(folder)!r} is at {sounds.sample_rate}.",
            f"Use data.sample_rate={sounds.sample_rate}, or prepare another set.",
        )
    return sounds


def _styles(
    sounds: Sounds, port: Port | None, data: DataSettings, known: StyleProjection | None
) -> Styles | None:
    if port is None:
        return None
    if data.style == "classes":
        return classify(sounds)
    return describe(sounds, port.channels, data.style_seconds, known)
