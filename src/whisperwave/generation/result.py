"""What came of a request: where it lies, how fast it came, and all it takes to make it again."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Measured:
    """What was measured while a piece was made, and on the finished sound.

    ``elapsed_seconds`` runs from the request to the file on the disk; ``samples_per_second`` is the
    model's speed alone, at its own rate. ``style_distance`` compares what was asked for with what
    came, in standard deviations; None for a model without a style.
    """

    audio_seconds: float
    elapsed_seconds: float
    times_real_time: float
    samples_per_second: float
    sample_rate: int
    channels: int
    loudness_lufs: float
    true_peak_dbtp: float
    style_distance: float | None


@dataclass(frozen=True)
class Recipe:
    """All it takes to make the same bytes again, on any machine.

    ``precision`` changes the samples; ``backend``, ``isa`` and ``threads`` only say what computed
    them: all instruction sets give the same bits.
    """

    version: str
    model: str
    digest: str
    backend: str
    precision: str
    isa: str
    threads: int
    seed: int
    picks: tuple[dict[str, Any], ...]
    sampling: dict[str, float]
    mastering: dict[str, float]
    keep_prime: bool
    wide: bool


@dataclass(frozen=True)
class Result:
    """A finished piece: the sound file, its pictures, its figures and its recipe."""

    output: Path
    pictures: tuple[Path, ...]
    measured: Measured
    recipe: Recipe

    def as_mapping(self) -> dict[str, Any]:
        """One flat JSON-ready object; the loudness and peak of silence are null."""
        figures = {name: _finite(value) for name, value in asdict(self.measured).items()}
        files = {"output": str(self.output), "pictures": [str(path) for path in self.pictures]}
        return files | figures | asdict(self.recipe)

    def sentence(self) -> str:
        """What a person is told: length, time and speed."""
        figures = self.measured
        return (
            f"{figures.audio_seconds:.1f} s of audio in {figures.elapsed_seconds:.1f} s, "
            f"{figures.times_real_time:.1f}× real time"
        )


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
