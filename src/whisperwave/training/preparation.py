"""What a run hears: the sounds, their styles, and how they are cut for a network."""

from dataclasses import dataclass
from pathlib import Path

from torch import nn

from whisperwave import registry
from whisperwave.datasets import Excerpt, Sounds, Split, read_sounds
from whisperwave.dsp.companding import Classes
from whisperwave.errors import ConfigError
from whisperwave.modelfile import StyleProjection
from whisperwave.shapes import Signature
from whisperwave.training.coding import encode
from whisperwave.training.crops import Corpus, Crops, CropShape
from whisperwave.training.outlines import Outlines, outline
from whisperwave.training.settings import RunSettings
from whisperwave.training.styles import Styles, describe


@dataclass(frozen=True)
class Prepared:
    """Settings and sounds of a run, what the network is told of them, and what it says of itself.

    ``styles`` and ``outlines`` are None for a network that takes no style or no controls.
    """

    settings: RunSettings
    signature: Signature
    sounds: Sounds
    classes: dict[Excerpt, Classes]
    styles: Styles | None
    outlines: Outlines | None

    def crops(self, split: Split, indices: range, seed: int) -> Crops:
        """Crops of one split; each gives every target its whole receptive field."""
        context = self.signature.receptive_field - 1
        shape = CropShape(context, self.settings.data.crop)
        corpus = Corpus(self.sounds, self.classes, self.styles, self.outlines)
        return Crops(corpus, split, self.settings.data, shape, indices, seed)


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
    steered, told = signature.port("style"), signature.port("control")
    styles = describe(sounds, steered.channels, data.style_seconds, style) if steered else None
    outlines = outline(sounds, told) if told else None
    return Prepared(settings, signature, sounds, encode(sounds, signature), styles, outlines)
