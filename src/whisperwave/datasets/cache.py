"""Work that is done, kept by what it was done on: a run that was killed goes on where it was.

An entry is a few files of one name, the digest of a sound's bytes and of all settings that shape
it. The last of them to be written is the facts, so an entry without them is no entry.
"""

import json
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets.conforming import Part
from whisperwave.errors import AudioError
from whisperwave.library import durable
from whisperwave.mappings import from_mapping


@dataclass(frozen=True)
class Taken:
    """What is known of one sound when it has been read.

    ``sha256`` is of the file's bytes, ``frames_sha256`` and ``frames_crc32`` (faster to check) of
    what was stored of it; ``sample_rate``, ``channels`` and ``seconds`` are the file's own.
    """

    sha256: str
    frames_sha256: str
    frames_crc32: int
    frames: int
    sample_rate: int
    channels: int
    seconds: float
    dropped_seconds: float
    gain_db: float
    peak: float
    clipped: float
    notes: tuple[str, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Cache:
    """Entries under one folder, found by their key."""

    folder: Path

    def sweep(self) -> None:
        """Remove what writers that are gone have left half done."""
        for folder in (self.folder, *self.folder.glob("??")):
            durable.sweep(folder)

    def taken(self, key: str) -> Taken | None:
        """The facts of an entry, or None where it is not complete."""
        try:
            return from_mapping(Taken, json.loads(self._path(key, "json").read_text("utf-8")))
        except (FileNotFoundError, json.JSONDecodeError):  # cut by a loss of power
            return None

    def needed(self, key: str) -> Taken:
        """The facts of an entry that must be there.

        Raises:
            AudioError: ``CACHE_DAMAGED``, it is not.
        """
        taken = self.taken(key)
        if taken is None:
            raise self._damaged(key, "json")
        return taken

    def keep(self, key: str, taken: Taken, frames: NDArray[np.int16]) -> None:
        """Make an entry of the facts and the frames ``[T, C]`` of a sound."""
        self._write(self._path(key, "pcm"), np.ascontiguousarray(frames).data)
        self._write(self._path(key, "json"), json.dumps(asdict(taken)).encode())

    def frames(self, key: str, taken: Taken, channels: int) -> NDArray[np.int16]:
        """The frames ``[T, C]`` of an entry.

        Raises:
            AudioError: ``CACHE_DAMAGED``, they are not those that were kept.
        """
        data = self._path(key, "pcm").read_bytes()
        if zlib.crc32(data) != taken.frames_crc32:
            raise self._damaged(key, "pcm")
        return np.frombuffer(data, "<i2").reshape(-1, channels)

    def has_feature(self, key: str, feature_key: str) -> bool:
        """Is a feature of an entry here?"""
        return self._path(key, f"{feature_key}.npy").exists()

    def keep_feature(self, key: str, feature_key: str, rows: NDArray[np.float32]) -> None:
        """Add a feature of all parts of a sound, ``[F, K]``, to its entry."""
        path = self._path(key, f"{feature_key}.npy")
        with durable.replacing(path, flushes=False) as temporary, temporary.open("wb") as file:
            np.save(file, rows)

    def feature(self, key: str, feature_key: str) -> NDArray[np.float32]:
        """A feature that was kept, ``[F, K]``."""
        rows: NDArray[np.float32] = np.load(self._path(key, f"{feature_key}.npy"))
        return rows

    def _damaged(self, key: str, suffix: str) -> AudioError:
        return AudioError(
            "CACHE_DAMAGED", f"{str(self._path(key, suffix))!r} has changed or is gone.",
            "Remove the cache and prepare again.",
        )  # fmt: skip

    def _path(self, key: str, suffix: str) -> Path:
        return self.folder / key[:2] / f"{key}.{suffix}"

    def _write(self, path: Path, data: bytes | memoryview) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise durable.explain(error, path.parent) from error
        with durable.replacing(path, flushes=False) as temporary:
            temporary.write_bytes(data)
