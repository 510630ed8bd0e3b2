"""A prepared set written: shards, features, items, statistics, and the manifest that binds them.

Items are read back from the cache one by one, so a set of any size passes through little memory.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

from whisperwave import __version__
from whisperwave.datasets import featuring
from whisperwave.datasets.arrays import ArrayWriter
from whisperwave.datasets.cache import Cache, Taken
from whisperwave.datasets.conforming import Part
from whisperwave.datasets.ledger import Item
from whisperwave.datasets.prepared import (
    FORM,
    FORMAT,
    ITEMS,
    MANIFEST,
    REFUSED,
    STATISTICS,
    manifest_digest,
)
from whisperwave.datasets.recipe import Recipe
from whisperwave.datasets.shards import plan, shard_name
from whisperwave.datasets.sounds import Split
from whisperwave.datasets.statistics import Statistics
from whisperwave.datasets.taking import excerpts_of

Cut = tuple[Split, Part]


class SetWriter:
    """Writes a whole set into an empty folder.

    Args:
        folder: where.
        recipe: kept in the manifest.
        cache: holds the sound and the features of every item.
        items: in the order in which they will lie; gone through several times.
    """

    def __init__(self, folder: Path, recipe: Recipe, cache: Cache, items: Collection[Item]) -> None:
        self._folder, self._recipe, self._cache, self._items = folder, recipe, cache, items
        self._statistics = Statistics()
        self._frames: dict[Split, int] = defaultdict(int)
        self._excerpts: dict[Split, int] = defaultdict(int)
        self._classes: dict[str, int] = defaultdict(int)
        self._dropped_seconds = 0.0
        self._digests: dict[str, str] = {}  # of the files that were digested while written

    def write(self, left: Iterable[tuple[str, str]]) -> None:
        """Write all files; ``left`` is the names and codes of what is not in the set."""
        shards = self._write_arrays()
        statistics = self._statistics.as_mapping()
        self._write_text(STATISTICS, json.dumps(statistics, indent=1, sort_keys=True) + "\n")
        rows = [{"name": name, "code": code} for name, code in left]
        self._write_text(REFUSED, "".join(json.dumps(row) + "\n" for row in rows))
        manifest = self._manifest(shards, len(rows))
        manifest["digest"] = manifest_digest(manifest)
        self._write_text(MANIFEST, json.dumps(manifest, indent=1) + "\n")

    def _write_arrays(self) -> list[dict[str, Any]]:
        """Shards, features and items; what the manifest says of the shards is returned."""
        shards = []
        rest = iter(self._items)
        tables = {name: self._table(name) for name in self._recipe.features}
        with ExitStack() as stack:
            for table in tables.values():
                stack.enter_context(table)
            lines = stack.enter_context((self._folder / ITEMS).open("w", encoding="ascii"))
            for number, shard in enumerate(self._plan()):
                name, start = shard_name(number), 0
                shape = shard.frames, self._recipe.channels
                with ArrayWriter(self._folder / name, shape, "<i2") as writer:
                    for item in islice(rest, shard.items):
                        taken, cuts = self._taken(item)
                        writer.add(self._cache.frames(item.key, taken, self._recipe.channels))
                        self._add_features(item, cuts, tables)
                        self._count(item, taken, cuts)
                        lines.write(json.dumps(self._row(item, taken, cuts, number, start)) + "\n")
                        start += taken.frames
                self._digests[name] = writer.sha256
                shards.append({"file": name, "frames": shard.frames})
        self._digests |= {_feature_file(name): table.sha256 for name, table in tables.items()}
        return shards

    def _plan(self) -> Iterator[Any]:
        return plan((item.frames for item in self._items), self._recipe.channels)

    def _table(self, name: str) -> ArrayWriter:
        """The file of a feature, as long as all excerpts need."""
        recipe = self._recipe
        cuts = (self._taken(item)[1] for item in self._items)
        length = sum(featuring.length(name, [part for _, part in cut], recipe) for cut in cuts)
        shape = length, len(featuring.names(name, recipe))
        return ArrayWriter(self._folder / _feature_file(name), shape, "<f4")

    def _taken(self, item: Item) -> tuple[Taken, list[Cut]]:
        taken = self._cache.needed(item.key)
        return taken, excerpts_of(taken, item.found, self._recipe, item.split)

    def _add_features(
        self, item: Item, cuts: Sequence[Cut], tables: Mapping[str, ArrayWriter]
    ) -> None:
        for name, key in featuring.keys(self._recipe, cuts).items():
            rows = self._cache.feature(item.key, key)
            tables[name].add(rows)
            if name in Statistics.FEATURES:
                lengths = [featuring.length(name, [part], self._recipe) for _, part in cuts]
                self._statistics.add(name, rows, lengths, [split for split, _ in cuts])

    def _count(self, item: Item, taken: Taken, cuts: Sequence[Cut]) -> None:
        self._dropped_seconds += taken.dropped_seconds
        for split, part in cuts:
            self._frames[split] += part.stop - part.start
            self._excerpts[split] += 1
            if split == "train":
                self._classes[item.found.class_name] += part.stop - part.start

    def _row(
        self, item: Item, taken: Taken, cuts: Sequence[Cut], shard: int, start: int
    ) -> dict[str, Any]:
        """What is known of one item; its excerpts count frames from the shard's beginning."""
        excerpts = [
            {"split": split, "start": start + part.start, "frames": part.stop - part.start,
             "source_start": part.source_start}
            for split, part in cuts
        ]  # fmt: skip
        return {
            "name": item.found.name,
            "sha256": taken.sha256,
            "class": item.found.class_name,
            "speaker": item.found.speaker,
            "tags": dict(sorted(item.found.tags.items())),
            "sample_rate": taken.sample_rate,
            "channels": taken.channels,
            "seconds": round(taken.seconds, 6),
            "dropped_seconds": round(taken.dropped_seconds, 6),
            "gain_db": round(taken.gain_db, 3),
            "peak": round(taken.peak, 6),
            "clipped": round(taken.clipped, 6),
            "notes": list(taken.notes),
            "frames_sha256": taken.frames_sha256,
            "shard": shard,
            "excerpts": excerpts,
        }

    def _manifest(self, shards: list[dict[str, Any]], left: int) -> dict[str, Any]:
        recipe = self._recipe
        return {
            "format": FORMAT,
            "form": FORM,
            "made_by": f"whisperwave {__version__}",
            "name": recipe.name,
            "version": recipe.version,
            "sample_rate": recipe.sample_rate,
            "channels": recipe.channels,
            "recipe": recipe.as_mapping(),
            "items": len(self._items),
            "refused": left,
            "dropped_seconds": round(self._dropped_seconds, 3),
            "splits": {
                split: {"excerpts": self._excerpts[split],
                        "seconds": round(self._frames[split] / recipe.sample_rate, 3)}
                for split in sorted(self._frames)
            },
            "train_minutes": {
                name: round(frames / recipe.sample_rate / 60.0, 3)
                for name, frames in sorted(self._classes.items())
            },
            "shards": shards,
            "features": {name: self._feature(name) for name in recipe.features},
            "files": {path.name: self._described(path) for path in sorted(self._folder.iterdir())},
        }  # fmt: skip

    def _feature(self, name: str) -> dict[str, Any]:
        is_summary = name in featuring.SUMMARIES
        return {
            "file": _feature_file(name),
            "hop_length": 0 if is_summary else self._recipe.frame_hop,
            "rows": featuring.ROWS if is_summary else 0,
            "columns": featuring.names(name, self._recipe),
        }

    def _described(self, path: Path) -> dict[str, Any]:
        digest = self._digests.get(path.name)
        if digest is None:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        return {"sha256": digest, "bytes": path.stat().st_size}

    def _write_text(self, name: str, text: str) -> None:
        (self._folder / name).write_text(text, encoding="ascii", newline="\n")


def _feature_file(name: str) -> str:
    return f"feature-{name}.npy"
