"""What one process does with one file: read, decode, conform, take features, keep the result."""

import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets import featuring
from whisperwave.datasets.cache import Cache, Taken
from whisperwave.datasets.conforming import Part, conform
from whisperwave.datasets.levelling import FULL_SCALE
from whisperwave.datasets.recipe import Recipe
from whisperwave.datasets.searching import Found
from whisperwave.datasets.sounds import Split
from whisperwave.datasets.splitting import Shares, cut_in_time
from whisperwave.errors import OutputError, WhisperwaveError
from whisperwave.library import source
from whisperwave.library.decoding import decode_content

FORM = 1  # of what an entry of the cache holds; another form is another entry


@dataclass(frozen=True)
class Entry:
    """A file that was taken: what is known of it, and where its sound lies in the cache."""

    key: str
    taken: Taken


@dataclass(frozen=True)
class Taker:
    """Takes files as a recipe says, into a cache. A value: any process may have a copy."""

    recipe: Recipe
    cache: Cache

    def __call__(self, found: Found) -> Iterator[Entry | WhisperwaveError]:
        """Take one file; what is wrong with it is given in its place, and must not stop others."""
        yield self._taken(found)

    def _taken(self, found: Found) -> Entry | WhisperwaveError:
        try:
            content = source.read(found.path)
            digest = hashlib.sha256(content).hexdigest()
            key = self._key(digest, found)
            taken = self.cache.taken(key)
            if taken is None:
                taken = self._take(content, digest, key, found)
            self._take_features(key, taken, found)
        except OutputError:  # nothing is wrong with the file
            raise
        except WhisperwaveError as error:
            return error
        return Entry(key, taken)

    def _take(self, content: bytes, digest: str, key: str, found: Found) -> Taken:
        settings = self.recipe.sources[found.source]
        allows = settings.allow_truncated
        audio = decode_content(content, found.path, allow_truncated=allows)
        made = conform(audio, settings, self.recipe, found.first_seconds)
        taken = Taken(
            sha256=digest,
            frames_sha256=hashlib.sha256(made.frames.data).hexdigest(),
            frames_crc32=zlib.crc32(made.frames.data),
            frames=len(made.frames),
            sample_rate=audio.sample_rate,
            channels=audio.channels,
            seconds=made.seconds,
            dropped_seconds=made.dropped_seconds,
            gain_db=made.gain_db,
            peak=made.peak,
            clipped=made.clipped,
            notes=made.notes,
            parts=made.parts,
        )
        self.cache.keep(key, taken, made.frames)
        return taken

    def _take_features(self, key: str, taken: Taken, found: Found) -> None:
        excerpts = excerpts_of(taken, found, self.recipe)
        wanted = featuring.keys(self.recipe, excerpts)
        missing = {n: k for n, k in wanted.items() if not self.cache.has_feature(key, k)}
        if not missing:
            return
        frames = self.cache.frames(key, taken, self.recipe.channels)
        sounds = [as_audio(frames[part.start : part.stop]) for _, part in excerpts]
        for name, feature_key in missing.items():
            rows = featuring.rows(name, sounds, self.recipe)
            self.cache.keep_feature(key, feature_key, rows)

    def _key(self, digest: str, found: Found) -> str:
        """The digest of the file and of every setting that shapes what is stored of it."""
        settings = self.recipe.sources[found.source]
        shaping = {
            "form": FORM,
            "sample_rate": self.recipe.sample_rate,
            "channels": self.recipe.channels,
            "level": self.recipe.level,
            "first_seconds": found.first_seconds,
            "suffix": found.path.suffix.lower(),  # a note says when it is not the content's
            "silence": [settings.silence, settings.below_db, settings.gap_seconds],
            "allow_truncated": settings.allow_truncated,
        }
        text = digest + json.dumps(shaping, sort_keys=True)
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def excerpts_of(
    taken: Taken, found: Found, recipe: Recipe, split: Split = "train"
) -> list[tuple[Split, Part]]:
    """The runs of one item that a training window may lie in, with the split of each.

    Args:
        taken: the item.
        found: says whether it is for listening alone.
        recipe: says whether files are cut in time.
        split: of the whole item, where they are not.
    """
    if found.predict:
        return [("predict", part) for part in taken.parts]
    if recipe.split_by == "span":
        return cut_in_time(taken.parts, Shares(recipe.validation, recipe.test, recipe.seed))
    return [(split, part) for part in taken.parts]


def as_audio(frames: NDArray[np.int16]) -> NDArray[np.float32]:
    """Stored frames ``[T, C]`` as samples in [-1, 1], ``[C, T]``."""
    return np.ascontiguousarray(frames.T, np.float32) / np.float32(FULL_SCALE)
