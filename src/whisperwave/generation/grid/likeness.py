"""How like real sounds of their classes the sounds of a grid are, by a set that somebody names.

The measure is that of the style evaluation: texture statistics, in standard deviations of the set,
and the nearest of the sounds of each class that were kept aside.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave import modelfile
from whisperwave.dsp.features.texture import texture_statistics
from whisperwave.dsp.resampling import resample
from whisperwave.errors import WhisperwaveError
from whisperwave.generation.evaluation.heldout import sounds_for
from whisperwave.generation.evaluation.judges import StatisticsJudge
from whisperwave.generation.evaluation.protocol import check_known, subjects_of_set
from whisperwave.generation.grid.checkpoints import Checkpoint
from whisperwave.generation.mastering import Mastering
from whisperwave.library import decode
from whisperwave.modelfile import ModelFile

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Likeness:
    """How far a sound is from its class, None where the set lacks it, and the nearest class."""

    distance: float | None
    nearest: str

    def as_mapping(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {"class_distance": self.distance, "nearest_class": self.nearest}


@dataclass(frozen=True)
class Listener:
    """Compares finished sounds of one checkpoint with a set, at the model's rate in Hz."""

    judge: StatisticsJudge
    sample_rate: int
    mastering: Mastering

    def __call__(self, sound: Path, style: str) -> Likeness:
        """Hear the file of a sound that was asked for as one of the class ``style``."""
        heard = decode(sound)
        audio = resample(heard.samples.mean(axis=0), heard.sample_rate, self.sample_rate)
        opinion = self.judge(self._without_fades(audio))
        return Likeness(opinion.distances.get(style), opinion.nearest)

    def _without_fades(self, audio: Floats) -> Floats:
        """What lies between the fades, which real sounds have not, if that is most of it."""
        fades = self.mastering.fade_in_seconds, self.mastering.fade_out_seconds
        first, last = (round(seconds * self.sample_rate) for seconds in fades)
        between = audio[first : len(audio) - last]
        return between if 2 * len(between) > len(audio) else audio


def listeners(
    data: Path, checkpoints: Iterable[Checkpoint], mastering: Mastering
) -> dict[str, Listener]:
    """A listener for each checkpoint of classes, by its name in the grid.

    A checkpoint that cannot be read has none; a set is read once for all that learned alike.

    Args:
        data: a folder of sounds, a sub-folder a class, or a prepared set.
        checkpoints: of the grid.
        mastering: of its sounds.

    Raises:
        ConfigError: ``DATA_NEEDED``, the set has classes that a model was not trained on;
            ``OTHER_RATE``; ``TOO_FEW_CLASSES``.
        AudioError: nothing can be read.
    """
    found: dict[str, Listener] = {}
    judges: dict[str, StatisticsJudge] = {}
    for checkpoint in checkpoints:
        try:
            file = modelfile.read(checkpoint.path)
        except WhisperwaveError:
            continue  # its column says so
        if not file.features.get("style", {}).get("classes"):
            continue
        alike = _how_it_learned(file)
        if alike not in judges:
            judges[alike] = _judge(data, file)
        found[checkpoint.name] = Listener(judges[alike], file.signature.sample_rate, mastering)
    return found


def _how_it_learned(file: ModelFile) -> str:
    """All that decides which sounds are kept aside, and whether their classes are known."""
    told = file.provenance.get("settings", {}).get("data", {})
    return repr((file.signature.sample_rate, file.provenance.get("seed"), told, file.features))


def _judge(data: Path, file: ModelFile) -> StatisticsJudge:
    material = subjects_of_set(sounds_for(data, file))
    check_known(file, material)
    return StatisticsJudge(texture_statistics, material, file.signature.sample_rate)
