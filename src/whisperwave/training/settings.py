"""What a training run can be told: frozen values, checked once, filled from Hydra's YAML."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeVar

from whisperwave.errors import ConfigError

T = TypeVar("T")

PRECISIONS: dict[str, Literal["32-true", "bf16-mixed"]] = {
    "float32": "32-true",
    "bfloat16": "bf16-mixed",
}  # ours to Lightning's

STYLES = ("texture", "classes")

_COUNTS = (
    "steps", "batch_size", "warmup_steps", "report_steps", "validation_steps", "validation_crops",
    "checkpoint_steps", "keep_checkpoints",
)  # fmt: skip


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
            raise _unknown("data.style", self.style, STYLES)


@dataclass(frozen=True)
class TrainerSettings:
    """How long and how fast to learn.

    A run ends after ``steps``, or after ``minutes`` where that is not null; the learning rate falls
    to zero towards whichever comes first. ``precision`` is float32, or bfloat16 for the matrix
    products, which is up to twice as fast on processors that have it and slower on others.
    """

    steps: int
    minutes: float | None
    batch_size: int
    learning_rate: float
    warmup_steps: int
    ema_decay: float
    gradient_clip: float
    seed: int
    threads: int
    precision: str
    report_steps: int
    validation_steps: int
    validation_crops: int
    checkpoint_steps: int
    keep_checkpoints: int

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise _unknown("trainer.precision", self.precision, PRECISIONS)
        for name in _COUNTS:
            if getattr(self, name) < 1:
                raise _too_small(name, getattr(self, name), "1 or more")
        for name in ("minutes", "learning_rate"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise _too_small(name, value, "more than 0")


@dataclass(frozen=True)
class RunSettings:
    """Everything about a run; ``model`` holds ``family`` and the family's own configuration."""

    model: dict[str, Any]
    data: DataSettings
    trainer: TrainerSettings
    name: str
    licence: str
    folder: str
    warm_start: str | None

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "RunSettings":
        """Build the settings from plain values, refusing unknown and missing keys."""
        values = dict(mapping)
        values["data"] = from_mapping(DataSettings, values.get("data", {}))
        values["trainer"] = from_mapping(TrainerSettings, values.get("trainer", {}))
        return from_mapping(cls, values)


def _unknown(name: str, value: str, known: Iterable[str]) -> ConfigError:
    return ConfigError(
        "BAD_SETTINGS", f"{name}={value!r} is unknown.", f"Use {' or '.join(known)}."
    )


def _too_small(name: str, value: float, wanted: str) -> ConfigError:
    return ConfigError("BAD_SETTINGS", f"trainer.{name}={value} is too small.", f"Use {wanted}.")


def from_mapping(kind: type[T], mapping: Mapping[str, Any]) -> T:
    """Fill a dataclass from a mapping with exactly its fields.

    Raises:
        ConfigError: ``BAD_SETTINGS`` with the keys that are unknown or missing.
    """
    wanted = {field.name for field in fields(kind)}  # type: ignore[arg-type] # T is a dataclass
    if set(mapping) != wanted:
        unknown, missing = sorted(set(mapping) - wanted), sorted(wanted - set(mapping))
        raise ConfigError(
            "BAD_SETTINGS",
            f"{kind.__name__}: {unknown=}, {missing=}.",
            f"Its keys are {', '.join(sorted(wanted))}.",
        )
    return kind(**mapping)
