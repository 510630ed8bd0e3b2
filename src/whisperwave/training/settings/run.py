"""What a training run can be told: frozen values, checked once, filled from Hydra's YAML."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from whisperwave.errors import ConfigError
from whisperwave.mappings import from_mapping
from whisperwave.training.settings.trainer import TrainerSettings, check_known

ACCELERATORS = ("auto", "cpu", "cuda", "mps")
STYLES = ("texture", "classes")
CONTROLS = ("mel", "pitch")
STYLE_NUMBERS = "conditioning_channels"
"""How many numbers make a style, among the settings of a model; null leaves it to the sounds."""


@dataclass(frozen=True)
class DataSettings:
    """How sound becomes training crops.

    ``prediction_order`` is that of the linear predictor whose excitation a network learns, 0 to
    learn the sound itself, null to choose by whether the network is told an outline. Quiet ends of
    files are cut ``trim_below_db`` under their loudest moment (null keeps them). ``style`` is
    ``texture``, what a sound is like, or ``classes``, one-hot of the name of its sub-folder;
    ``style_seconds`` is the length of the excerpts that textures are taken from, ``style_noise``
    the spread of the noise added to them, so that near styles are learned too. ``controls`` are
    ``mel``, the outline of the spectrum, or ``pitch``, which note how loud; ``control_noise`` is
    the same for controls, and ``control_dropout`` the share of crops without any, so that a network
    can also go on by itself.
    """

    sample_rate: int
    preemphasis: float
    prediction_order: int | None
    validation: float
    trim_below_db: float | None
    crop: int
    style_seconds: float
    style_noise: float
    control_noise: float
    control_dropout: float
    style: str = "texture"
    controls: str = "mel"

    def __post_init__(self) -> None:
        check_known("data.style", self.style, STYLES)
        check_known("data.controls", self.controls, CONTROLS)


@dataclass(frozen=True)
class TrackerSettings:
    """Where else a run is told to: nowhere (``none``), or a tracker by name.

    ``uri`` is the tracker's address, null for its usual place beside the runs; ``experiment`` is
    what it files the run under.
    """

    name: str
    uri: str | None
    experiment: str


@dataclass(frozen=True)
class RunSettings:
    """Everything about a run; ``model`` holds ``family`` and the family's own configuration.

    ``augmentation`` holds what may happen to a sound each time it is heard, by the names of the
    kinds, in the order in which it does. ``task`` holds the ``name`` of the way of training.
    ``folder`` is where runs lie: the run's own is ``<folder>/<name>``, or where it is null
    ``runs/<date>/<name>``. ``warm_start`` is a model file, a checkpoint, or whatever else stands
    for a model. With ``overfit`` nothing is trained but one clip, to see whether the network can
    learn at all.
    """

    model: dict[str, Any]
    data: DataSettings
    augmentation: dict[str, Any]
    task: dict[str, Any]
    trainer: TrainerSettings
    tracker: TrackerSettings
    name: str
    licence: str
    folder: str | None
    warm_start: str | None
    accelerator: str
    overfit: bool

    def __post_init__(self) -> None:
        if "name" not in self.task:
            raise ConfigError("BAD_SETTINGS", "task has no name.", "Add name: next_sample.")
        check_known("accelerator", self.accelerator, ACCELERATORS)
        if not self.name or Path(self.name).name != self.name:
            raise ConfigError(
                "BAD_SETTINGS", f"name={self.name!r} cannot be a file's name.",
                "Use letters, digits and dashes.",
            )  # fmt: skip

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "RunSettings":
        """Build the settings from plain values, refusing unknown and missing keys."""
        return from_mapping(cls, mapping)

    def as_mapping(self) -> dict[str, Any]:
        """Plain values, as JSON has them."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain
