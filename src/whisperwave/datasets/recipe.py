"""A recipe: everything that decides what a prepared set holds, as plain frozen values.

The same recipe on the same sounds makes the same bytes. A TOML file is a recipe written down: its
keys are the fields of `Recipe`, with one ``[[sources]]`` table a set that is joined.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from whisperwave.errors import ConfigError, check_within
from whisperwave.mappings import from_mapping

SPLITS = ("train", "validation", "test", "predict")
RATES_HZ = (4_000, 192_000)
_SPLIT_BY = ("file", "speaker", "span")


@dataclass(frozen=True)
class Source:
    """One set of sounds, and how it is read.

    Attributes:
        path: a folder, searched with its sub-folders, or a listing of a collection (``.json``).
        name: what the set is called in the names of its items; its folder's name if empty.
        class_from: what a file of a folder is an example of: ``folder`` (its sub-folder), ``top``
            (its outermost sub-folder) or ``none``. A listing says it itself.
        speaker_from: the same for who is heard.
        silence: ``keep`` it, ``trim`` it off both ends, or ``split`` at it.
        below_db: silence is what lies so far under the loudest moment.
        gap_seconds: a silence shorter than this does not split.
        first_seconds: no more than so much of each file, or None.
        predict: files kept whole for listening, as patterns of their names (``ann/*.wav``).
        allow_truncated: take what is left of cut and damaged files, with a note.
    """

    path: str
    name: str = ""
    class_from: Literal["folder", "top", "none"] = "folder"
    speaker_from: Literal["folder", "top", "none"] = "none"
    silence: Literal["keep", "trim", "split"] = "keep"
    below_db: float = 45.0
    gap_seconds: float = 0.2
    first_seconds: float | None = None
    predict: tuple[str, ...] = ()
    allow_truncated: bool = False

    def __post_init__(self) -> None:
        check_within("below_db", self.below_db, 1.0, 120.0, "dB")
        check_within("gap_seconds", self.gap_seconds, 0.02, 3600.0, "s")
        if self.first_seconds is not None:
            check_within("first_seconds", self.first_seconds, 0.01, 86_400.0, "s")

    @property
    def label(self) -> str:
        """What the set is called."""
        return self.name or Path(self.path).resolve().name.removesuffix(".json")


@dataclass(frozen=True)
class Recipe:
    """How sounds become a prepared set.

    Attributes:
        sources: the sets that are joined.
        name: of the set; version: of its content, as its maker counts.
        sample_rate: in Hz.
        channels: 1 (the mean of all) or 2.
        level: ``rms`` brings each file to -20 dBFS RMS, ``peak`` to a peak of 0.9, ``lufs`` to -23
            LUFS, ``none`` leaves it, unless its peak would not fit.
        segment_seconds: windows that a training run draws; None draws from anywhere.
        hop_seconds: from one window to the next; None is one window.
        split_by: ``file``, ``speaker``, ``tag:NAME`` or ``span`` (the beginning of each file
            trains, its end tests).
        validation: share of the sounds to check with; test: share to measure with at the end.
        seed: chooses which.
        features: extractors by name, frame by frame or of the whole sound.
        hop_length: samples from one frame of features to the next; 0 is a hundredth of a second.
    """

    sources: tuple[Source, ...]
    name: str = ""
    version: str = "1"
    sample_rate: int = 16_000
    channels: int = 1
    level: Literal["rms", "peak", "lufs", "none"] = "rms"
    segment_seconds: float | None = None
    hop_seconds: float | None = None
    split_by: str = "file"
    validation: float = 0.1
    test: float = 0.1
    seed: int = 0
    features: tuple[str, ...] = ()
    hop_length: int = 0

    def __post_init__(self) -> None:
        if not self.sources:
            raise ConfigError("NO_SOURCE", "The recipe names no source.", "Name a folder.")
        check_within("sample_rate", self.sample_rate, *RATES_HZ, "Hz")
        check_within("channels", self.channels, 1, 2, "channels")
        for name in ("validation", "test"):
            check_within(name, getattr(self, name), 0.0, 0.9, "of all")
        check_within("validation and test", self.validation + self.test, 0.0, 0.95, "of all")
        if self.split_by not in _SPLIT_BY and not self.split_by.startswith("tag:"):
            raise ConfigError(
                "BAD_SETTINGS", f"split_by={self.split_by!r} is unknown.",
                f"Use {', '.join(_SPLIT_BY)} or tag:NAME.",
            )  # fmt: skip
        _check_windows(self.segment_seconds, self.hop_seconds)
        labels = [source.label for source in self.sources]
        if len(set(labels)) != len(labels):
            raise ConfigError(
                "BAD_SETTINGS", f"Two sources are called the same: {', '.join(labels)}.",
                "Give each a name of its own in the recipe.",
            )  # fmt: skip

    @property
    def frame_hop(self) -> int:
        """Samples from one frame of features to the next."""
        return self.hop_length or round(self.sample_rate / 100)

    def as_mapping(self) -> dict[str, Any]:
        """The recipe as a set keeps it: sources by their labels, for paths are a machine's own."""
        sources = [replace(s, path=s.label, name=s.label) for s in self.sources]
        return asdict(replace(self, sources=tuple(sources)))


def _check_windows(segment_seconds: float | None, hop_seconds: float | None) -> None:
    for name, seconds in (("segment_seconds", segment_seconds), ("hop_seconds", hop_seconds)):
        if seconds is not None:
            check_within(name, seconds, 0.001, 86_400.0, "s")
    if hop_seconds is not None and segment_seconds is None:
        raise ConfigError(
            "BAD_SETTINGS", "hop_seconds is set, segment_seconds is not.", "Set both, or neither."
        )


def read_recipe(path: Path) -> dict[str, Any]:
    """The values of a TOML file, as `from_mapping` takes them; paths in it lie beside the file.

    Raises:
        ConfigError: ``BAD_RECIPE``, the file cannot be read or is not TOML.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            "BAD_RECIPE", f"{str(path)!r} is no recipe: {error}.", "Write a TOML file."
        ) from error
    for source in values.get("sources", ()):
        if isinstance(source, dict) and isinstance(source.get("path"), str):
            source["path"] = str(path.parent / source["path"])
    return values


def recipe_from(values: Mapping[str, Any]) -> Recipe:
    """The recipe of plain values, refusing unknown keys and wrong types."""
    return from_mapping(Recipe, values, "recipe")
