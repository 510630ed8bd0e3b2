"""A prepared set as it lies on the disk, read: a manifest, items, and mapped arrays.

The format's page is docs/reference/prepared-set.md.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets.levelling import FULL_SCALE
from whisperwave.datasets.sounds import Excerpt, Refusal, Sounds, Split
from whisperwave.dsp.features import texture
from whisperwave.errors import AudioError, WhisperwaveError

FORMAT = "whisperwave-prepared-set"
FORM = 1
MANIFEST, ITEMS, REFUSED, STATISTICS = (
    "manifest.json", "items.jsonl", "refused.jsonl", "statistics.json"
)  # fmt: skip


@dataclass(frozen=True)
class Window:
    """A segment that a training run may draw: frames of one excerpt."""

    excerpt: Excerpt
    start: int
    stop: int


class PreparedSet(Sounds):
    """A prepared set; what is asked of it is read from the disk as it is needed.

    Excerpts count frames through all shards, as if they were one.
    """

    def __init__(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        self.folder, self.manifest = folder, manifest
        self.sample_rate = int(manifest["sample_rate"])
        self._firsts = np.cumsum([0, *(shard["frames"] for shard in manifest["shards"])])

    def __reduce__(self) -> tuple[type["PreparedSet"], tuple[Path, Mapping[str, Any]]]:
        """Another process maps the files itself."""
        return PreparedSet, (self.folder, self.manifest)

    @property
    def name(self) -> str:
        """What its maker called it."""
        return str(self.manifest["name"])

    @property
    def digest(self) -> str:
        """The SHA-256 of everything in it."""
        return str(self.manifest["digest"])

    @property
    def identity(self) -> Mapping[str, str]:
        """Its name, version and digest."""
        version = str(self.manifest["version"])
        return {"name": self.name, "version": version, "digest": self.digest}

    @property
    def channels(self) -> int:
        """1, or 2 for left and right."""
        return int(self.manifest["channels"])

    @property
    def is_mapped(self) -> bool:
        """Yes: a crop reads what it cuts."""
        return True

    @property
    def recipe(self) -> Mapping[str, Any]:
        """How it was made."""
        recipe: Mapping[str, Any] = self.manifest["recipe"]
        return recipe

    @cached_property
    def statistics(self) -> Mapping[str, Any]:
        """Quantiles of the training sounds' pitch and loudness, where they were taken."""
        statistics: Mapping[str, Any] = json.loads((self.folder / STATISTICS).read_text("utf-8"))
        return statistics

    def items(self) -> Iterator[dict[str, Any]]:
        """What is known of each item, in the order in which they lie in the shards."""
        with (self.folder / ITEMS).open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)

    @cached_property
    def excerpts(self) -> tuple[Excerpt, ...]:  # type: ignore[override] # read when asked for
        """Every run of frames of one file and one split, in the order of the shards."""
        return tuple(
            Excerpt(item["name"], item["class"], cut["split"], first, first + cut["frames"])
            for item in self.items()
            for cut in item["excerpts"]
            for first in [int(self._firsts[item["shard"]]) + cut["start"]]
        )

    @cached_property
    def refused(self) -> tuple[Refusal, ...]:  # type: ignore[override] # read when asked for
        """The files that were left out."""
        with (self.folder / REFUSED).open(encoding="utf-8") as lines:
            return tuple(_refusal(**json.loads(line)) for line in lines)

    def frames(self, excerpt: Excerpt) -> NDArray[np.int16]:
        """The stored frames ``[T, C]`` of an excerpt, mapped, not read."""
        shard = int(np.searchsorted(self._firsts, excerpt.start, side="right")) - 1
        first = int(self._firsts[shard])
        frames: NDArray[np.int16] = self._shards[shard][
            excerpt.start - first : excerpt.stop - first
        ]
        return frames

    def part(self, excerpt: Excerpt, start: int, stop: int) -> NDArray[np.float32]:
        """Samples of an excerpt in [-1, 1]: ``[stop - start]``, with ``[2, …]`` of two channels."""
        audio = (self.frames(excerpt)[start:stop].T / FULL_SCALE).astype(np.float32)
        return np.ascontiguousarray(audio[0] if self.channels == 1 else audio)

    def windows(self, split: Split) -> Iterator[Window]:
        """The segments of a split, a hop apart; an excerpt's last one ends where it ends."""
        segment = round((self.recipe["segment_seconds"] or 0.0) * self.sample_rate)
        if segment == 0:
            yield from (Window(e, e.start, e.stop) for e in self.of(split))
            return
        hop = round((self.recipe["hop_seconds"] or 0.0) * self.sample_rate) or segment
        for excerpt in self.of(split):
            starts = list(range(excerpt.start, excerpt.stop - segment + 1, hop))
            if starts and starts[-1] + segment < excerpt.stop:
                starts.append(excerpt.stop - segment)
            yield from (Window(excerpt, start, start + segment) for start in starts)

    def feature(self, name: str, excerpt: Excerpt) -> NDArray[np.float32]:
        """A feature of an excerpt, mapped: ``[F, K]``, a row a frame or as the manifest says."""
        rows = self._features[name]
        low, high = self._feature_rows[name][excerpt]
        return rows[low:high]

    def textures(self, excerpt: Excerpt, seconds: float) -> NDArray[np.float32]:
        """Read where the set has them of parts of this length, and else taken."""
        if "texture" in self.manifest["features"] and seconds == texture.EXCERPT_SECONDS:
            return self.feature("texture", excerpt)
        return super().textures(excerpt, seconds)

    def hop_length(self, name: str) -> int:
        """Samples from one frame of a feature to the next; 0 for one of the whole excerpt."""
        return int(self.manifest["features"][name]["hop_length"])

    @cached_property
    def _shards(self) -> list[NDArray[np.int16]]:
        return [self._mapped(shard["file"]) for shard in self.manifest["shards"]]

    @cached_property
    def _features(self) -> dict[str, NDArray[np.float32]]:
        return {n: self._mapped(f["file"]) for n, f in self.manifest["features"].items()}

    @cached_property
    def _feature_rows(self) -> dict[str, dict[Excerpt, tuple[int, int]]]:
        return {name: self._rows(**known) for name, known in self.manifest["features"].items()}

    def _rows(self, hop_length: int, rows: int, **_: Any) -> dict[Excerpt, tuple[int, int]]:
        """Where the rows of each excerpt lie: a frame a hop, or always as many."""
        lengths = [e.stop - e.start for e in self.excerpts]
        counts = [1 + length // hop_length if hop_length else rows for length in lengths]
        ends = np.cumsum(counts).tolist()
        places = zip(self.excerpts, counts, ends, strict=True)
        return {excerpt: (end - count, end) for excerpt, count, end in places}

    def _mapped(self, file: str) -> NDArray[Any]:
        mapped: NDArray[Any] = np.load(self.folder / file, mmap_mode="r")
        return mapped


def is_prepared(path: Path) -> bool:
    """Is there a prepared set, whole or damaged?"""
    return (path / MANIFEST).is_file()


def read_prepared(path: Path, *, verify: bool = False) -> PreparedSet:
    """Open a prepared set; its manifest is checked, and the size of each file.

    Args:
        path: the folder of the set.
        verify: check every byte of every file too.

    Raises:
        AudioError: ``NO_SET``, ``SET_NEWER`` or ``SET_DAMAGED``.
    """
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        _check_form(path, manifest)
        if manifest_digest(manifest) != manifest["digest"]:
            raise _damaged(path, "its manifest does not match its digest")
        for name, known in manifest["files"].items():
            _check_file(path / name, known, verify)
    except FileNotFoundError as error:
        raise AudioError(
            "NO_SET", f"{str(path)!r} is no whole prepared set: {error.filename!r} is missing.",
            "Make one with `whisperwave prepare`.",
        ) from error  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path, f"it cannot be read ({error})") from error
    return PreparedSet(path, manifest)


def manifest_digest(manifest: Mapping[str, Any]) -> str:
    """The digest of everything that a manifest says but its digest; files are in it by theirs."""
    rest = {key: value for key, value in manifest.items() if key != "digest"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _check_form(path: Path, manifest: Any) -> None:
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise _damaged(path, "its manifest is of something else")
    if type(manifest.get("form")) is not int or manifest["form"] > FORM:
        raise AudioError(
            "SET_NEWER", f"{str(path)!r} has form {manifest.get('form')!r:.40}, not {FORM}.",
            "Install the newer whisperwave that made it.",
        )  # fmt: skip


def _check_file(path: Path, known: Mapping[str, Any], verify: bool) -> None:
    if path.stat().st_size != known["bytes"]:
        raise _damaged(path, f"it has {path.stat().st_size} bytes, not {known['bytes']}")
    if verify:
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != known["sha256"]:
                raise _damaged(path, "it does not match its digest")


def _damaged(path: Path, why: str) -> AudioError:
    return AudioError("SET_DAMAGED", f"{str(path)!r} is damaged: {why}.", "Prepare it again.")


def _refusal(name: str, code: str) -> Refusal:
    return Refusal(name, WhisperwaveError(code, f"It was left out of the set ({code})."))
