"""How a run learns, how long, and what it keeps: frozen values, checked once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from whisperwave.errors import ConfigError

PRECISIONS: dict[str, Literal["32-true", "bf16-mixed"]] = {
    "float32": "32-true",
    "bfloat16": "bf16-mixed",
}  # ours to Lightning's

OPTIMISERS = ("adam", "adamw", "sgd", "rmsprop", "normalised_sgd")
SCHEDULES = ("cosine", "exponential", "step", "constant")

LOSSES = ("finest", "classes")

_STEPS = 4000  # of a run that nobody has told how long
_ENDLESS = 10**9  # more than the clock will ever let a run take

_COUNTS = (
    "batch_size", "warmup_steps", "rate_steps", "report_steps", "validation_steps",
    "validation_crops", "checkpoint_steps", "keep_checkpoints", "retries",
)  # fmt: skip
_COUNTS_OR_NONE = ("steps", "keep_every", "snapshot_steps", "patience")
_NOT_NEGATIVE = ("workers", "threads", "momentum", "weight_decay", "wait_minutes",
                 "preview_seconds")  # fmt: skip
_POSITIVE_OR_NONE = ("minutes", "checkpoint_minutes", "checkpoint_epochs", "gradient_clip")
_POSITIVE = ("learning_rate", "rate_factor")


@dataclass(frozen=True)
class Phase:
    """A stretch of a run with settings of its own.

    ``rate`` multiplies the learning rate, ``freeze`` names weights that stand still beside those of
    the whole run, ``loss`` is ``finest``, what the head can tell at its finest, or ``classes``,
    bits of µ-law classes alike for every head. Of a phase without ``steps`` there is no end.
    """

    steps: int | None = None
    rate: float = 1.0
    freeze: tuple[str, ...] = ()
    loss: str = "finest"

    def __post_init__(self) -> None:
        check_known("phase.loss", self.loss, LOSSES)
        for name, value in (("steps", self.steps), ("rate", self.rate)):
            if value is not None and not value > 0:
                raise ConfigError(
                    "BAD_SETTINGS", f"phase.{name}={value} is too small.", "Use more than 0."
                )


@dataclass(frozen=True)
class TrainerSettings:
    """How long and how fast to learn.

    A run ends after ``steps`` and after ``minutes``, whichever comes first, or when ``patience``
    looks at held-out sound in a row brought nothing better. Where ``steps`` is null the minutes
    alone end it; without either it takes 4000 steps. ``learning_rate`` is reached after
    ``warmup_steps`` and then falls by the ``schedule``: ``cosine`` to a hundredth at the end,
    ``exponential`` or by a ``step`` to ``rate_factor`` of itself every ``rate_steps``, or not at
    all (``constant``). ``precision`` is float32, or bfloat16 for the matrix products, which is up
    to twice as fast on processors that have it and slower on others.

    A checkpoint is kept every ``checkpoint_steps``, ``checkpoint_minutes`` and
    ``checkpoint_epochs`` (one epoch is as many targets as there are samples to learn from), of
    which the newest ``keep_checkpoints``, the best and every ``keep_every``-th stay; every
    ``snapshot_steps`` a model file alone. Weights whose names match a pattern of ``freeze`` stand
    still; ``phases`` come one after the other, and behind them the plain settings. ``retries``
    bounds how often a run rolls back from one checkpoint, ``wait_minutes`` how long it waits for
    room on a full disk.
    """

    steps: int | None
    minutes: float | None
    batch_size: int
    optimiser: str
    learning_rate: float
    momentum: float
    weight_decay: float
    schedule: str
    warmup_steps: int
    rate_factor: float
    rate_steps: int
    ema_decay: float
    gradient_clip: float | None
    patience: int | None
    seed: int
    threads: int
    workers: int
    precision: str
    report_steps: int
    validation_steps: int
    validation_crops: int
    preview_seconds: float
    checkpoint_steps: int
    checkpoint_minutes: float | None
    checkpoint_epochs: float | None
    keep_checkpoints: int
    keep_every: int | None
    snapshot_steps: int | None
    retries: int
    wait_minutes: float
    check_memory: bool
    freeze: tuple[str, ...] = ()
    phases: tuple[Phase, ...] = ()

    def __post_init__(self) -> None:
        for name, known in (
            ("precision", PRECISIONS), ("optimiser", OPTIMISERS), ("schedule", SCHEDULES),
        ):  # fmt: skip
            check_known(f"trainer.{name}", getattr(self, name), known)
        for names, least, wanted in (
            (_COUNTS, 1, "1 or more"),
            (_COUNTS_OR_NONE, 1, "1 or more, or null"),
            (_NOT_NEGATIVE, 0, "0 or more"),
        ):
            for name in names:
                self._check(name, least, wanted)
        for name in _POSITIVE + _POSITIVE_OR_NONE:
            self._check(name, 0, "more than 0", strictly=True)
        if not 0 <= self.ema_decay < 1:
            raise ConfigError(
                "BAD_SETTINGS", f"trainer.ema_decay={self.ema_decay} is out of range.",
                "Use 0 to 1, without 1.",
            )  # fmt: skip

    @property
    def last_step(self) -> int:
        """The step after which the run ends, however early it is."""
        if self.steps is not None:
            return self.steps
        return _STEPS if self.minutes is None else _ENDLESS

    def _check(self, name: str, least: float, wanted: str, strictly: bool = False) -> None:
        value = getattr(self, name)
        if value is None and (name in _COUNTS_OR_NONE or name in _POSITIVE_OR_NONE):
            return
        # Not a number fails every comparison, and is refused by that.
        if value is None or not (value > least if strictly else value >= least):
            raise ConfigError(
                "BAD_SETTINGS", f"trainer.{name}={value} is too small.", f"Use {wanted}."
            )


def check_known(name: str, value: str, known: Iterable[str]) -> None:
    """Refuse a word that is none of those known.

    Raises:
        ConfigError: ``BAD_SETTINGS``.
    """
    if value not in known:
        raise ConfigError(
            "BAD_SETTINGS", f"{name}={value!r} is unknown.", f"Use {' or '.join(known)}."
        )
