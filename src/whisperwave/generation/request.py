"""What a person asks for, checked before any work begins."""

import math
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path

from whisperwave.errors import ConfigError
from whisperwave.generation.mastering import Mastering
from whisperwave.generation.picks import ClassName, Picks
from whisperwave.runtimes import Sampling
from whisperwave.starter import DEFAULT_MODEL

LONGEST_SECONDS = 3600.0
RATES_HZ = (8_000, 192_000)


@dataclass(frozen=True)
class Length:
    """How long a piece is: in seconds, or exactly, in samples of the output."""

    seconds: float = 20.0
    samples: int | None = None

    def __post_init__(self) -> None:
        if self.samples is not None and self.samples < 1:
            raise ConfigError("BAD_LENGTH", f"{self.samples} samples are not possible.",
                              "Use 1 or more.")  # fmt: skip
        _check_seconds(self.seconds)

    def at(self, sample_rate: int) -> int:
        """The length in samples at ``sample_rate``.

        Raises:
            ConfigError: longer than an hour.
        """
        samples = (
            max(1, round(self.seconds * sample_rate)) if self.samples is None else self.samples
        )
        _check_seconds(samples / sample_rate)
        return samples


@dataclass(frozen=True)
class Programme:
    """What is to be heard: which clips, or which of the model's classes, how loud.

    ``wide`` asks for two channels and the top octaves, where the model is told an outline;
    ``backend``, ``isa`` and ``precision`` choose the runtime.
    """

    picks: Picks | ClassName
    _: KW_ONLY
    seed: int = 0
    model: str = DEFAULT_MODEL
    sampling: Sampling = field(default_factory=Sampling)
    mastering: Mastering = field(default_factory=Mastering)
    wide: bool = True
    backend: str = "native"
    isa: str = "auto"
    precision: str = "auto"

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**64:
            raise ConfigError("BAD_SEED", f"seed {self.seed} is not possible.",
                              "Use a whole number from 0 to 2^64 - 1.")  # fmt: skip


@dataclass(frozen=True)
class Request(Programme):
    """One piece: what is to be heard, how long, into which file.

    ``sample_rate`` None keeps the rate that the sound is made at. ``pictures`` asks for waveform
    and spectrogram beside the output.
    """

    output: Path
    length: Length = field(default_factory=Length)
    _: KW_ONLY
    sample_rate: int | None = None
    keep_prime: bool = False
    pictures: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        low, high = RATES_HZ
        if self.sample_rate is not None and not low <= self.sample_rate <= high:
            raise ConfigError("BAD_RATE", f"a rate of {self.sample_rate} Hz is not possible.",
                              f"Use {low} to {high} Hz.")  # fmt: skip


def _check_seconds(seconds: float) -> None:
    if not (math.isfinite(seconds) and 0.0 < seconds <= LONGEST_SECONDS):
        raise ConfigError(
            "BAD_LENGTH", f"a length of {seconds:g} seconds is not possible.",
            f"Use more than 0 and at most {LONGEST_SECONDS:g} seconds.",
        )  # fmt: skip
