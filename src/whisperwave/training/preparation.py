"""What a run hears: the sounds, their styles, and how they are cut for a network."""

from dataclasses import dataclass, replace
from pathlib import Path

from torch import nn

from whisperwave import registry
from whisperwave.datasets import Excerpt, Sounds, Split, read_sounds
from whisperwave.errors import ConfigError
from whisperwave.modelfile import StyleProjection
from whisperwave.shapes import Port, Signature
from whisperwave.training.coding import Samples, encode
from whisperwave.training.crops import Corpus, Crops, CropShape
from whisperwave.training.outlines import Outlines, outline
from whisperwave.training.settings import DataSettings, RunSettings
from whisperwave.training.styles import Styles, classify, describe


@dataclass(frozen=True)
class Prepared:
    """Settings and sounds of a run, what the network is told of them, and what it says of itself.

    ``styles`` and ``outlines`` are None for a network that takes no style or no controls.
    """

    settings: RunSettings
    signature: Signature
    sounds: Sounds
    samples: dict[Excerpt, Samples]
    styles: Styles | None
    outlines: Outlines | None

    def crops(self, split: Split, indices: range, seed: int) -> Crops:
        """Crops of one split; each gives every target its whole receptive field."""
        context = self.signature.receptive_field - 1
        shape, data = CropShape(context, self.settings.data.crop), self.settings.data
        corpus = Corpus(self.sounds, self.samples, self.styles, self.outlines)
        if self.styles and self.styles.classes:  # nothing lies near a name, to be learned by noise
            data = replace(data, style_noise=0.0)
        return Crops(corpus, split, data, shape, indices, seed)


def build_network(settings: RunSettings) -> nn.Module:
    """The network that the settings name, found by its family's file name."""
    config = dict(settings.model)
    family = config.pop("family", None)
    if family is None:
        raise ConfigError("BAD_SETTINGS", "model has no family.", "Add family: wavenet.")
    network: nn.Module = registry.find("models", family).build(config)
    return network


def prepare(
    folder: Path, settings: RunSettings, network: nn.Module, style: StyleProjection | None = None
) -> Prepared:
    """Read the sounds and take their styles, by a projection that is known or by a new one."""
    data = settings.data
    signature = network.signature(data.sample_rate, data.preemphasis, data.prediction_order)  # type: ignore[operator] # every family's method
    sounds = read_sounds(
        folder, data.sample_rate, data.validation, settings.trainer.seed, data.trim_below_db
    )
    told = signature.port("control")
    styles = _styles(sounds, signature.port("style"), data, style)
    outlines = outline(sounds, told) if told else None
    return Prepared(settings, signature, sounds, encode(sounds, signature), styles, outlines)


def _styles(
    sounds: Sounds, port: Port | None, data: DataSettings, known: StyleProjection | None
) -> Styles | None:
    if port is None:
        return None
    if data.style == "classes":
        return classify(sounds, port.channels)
    return describe(sounds, port.channels, data.style_seconds, known)
