"""What a training run can be told: frozen values, checked once, filled from Hydra's YAML."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from whisperwave.training.mapping import from_mapping, unknown
from whisperwave.training.trainer_settings import TrainerSettings

ACCELERATORS = ("auto", "cpu", "cuda", "mps")
STYLES = ("texture", "classes")


@dataclass(frozen=True)
class DataSettings:
    """How sound becomes training crops.

    ``prediction_order`` is that of the linear predictor whose excitation a network learns, 0 to
    learn the sound itself, null to choose by whether the network is told an outline. Quiet ends of
    files are cut ``trim_below_db`` under their loudest moment (null keeps them). ``style`` is
    ``texture``, what a sound is like, or ``classes``, one-hot of the name of its sub-folder;
    ``style_seconds`` is the length of the excerpts that textures are taken from, ``style_noise``
    the spread of the noise added to them, so that near styles are learned too; ``control_noise`` is
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

    def __post_init__(self) -> None:
        if self.style not in STYLES:
            raise unknown("data.style", self.style, STYLES)


@dataclass(frozen=True)
class RunSettings:
    """Everything about a run; ``model`` holds ``family`` and the family's own configuration.

    ``folder`` is where runs lie: the run's own is ``<folder>/<name>``, or where it is null
    ``runs/<date>/<name>``.
    """

    model: dict[str, Any]
    data: DataSettings
    trainer: TrainerSettings
    name: str
    licence: str
    folder: str | None
    warm_start: str | None
    accelerator: str

    def __post_init__(self) -> None:
        if self.accelerator not in ACCELERATORS:
            raise unknown("accelerator", self.accelerator, ACCELERATORS)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "RunSettings":
        """Build the settings from plain values, refusing unknown and missing keys."""
        values = dict(mapping)
        values["data"] = from_mapping(DataSettings, values.get("data", {}))
        values["trainer"] = from_mapping(TrainerSettings, values.get("trainer", {}))
        return from_mapping(cls, values)
