"""The survey of a prepared set: its manifest and items, and what is heard in its shards."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from whisperwave.datasets import Excerpt, PreparedSet
from whisperwave.reports.sets.measuring import Floats, blocks_of, lufs_of
from whisperwave.reports.sets.survey import (
    UNNAMED,
    File,
    LeftOut,
    Measures,
    Progress,
    Survey,
    spread,
)

HEARD_HOURS = 3.0  # of sound that are listened to at most, evenly spread over the files
FOLLOWED_SECONDS, SECONDS_EACH = 300.0, 5.0  # in which notes are looked for without a feature

_KNOWN = ("name", "sample_rate", "channels", "peak", "clipped", "gain_db")


def survey_of_set(made: PreparedSet, progress: Progress = lambda _done, _total: None) -> Survey:
    """Look at every item, and listen to as many as time allows."""
    excerpts, measures = iter(made.excerpts), Measures()
    parts, files = list[tuple[Excerpt, ...]](), list[File]()
    for item in made.items():
        parts.append(tuple(islice(excerpts, len(item["excerpts"]))))
        files.append(_file(item, parts[-1], made.sample_rate))
    hours = sum(file.all_seconds for file in files) / 3600.0
    heard = spread(len(files), round(len(files) * HEARD_HOURS / max(hours, 1e-9)))
    followed = spread(len(files), round(FOLLOWED_SECONDS / SECONDS_EACH))
    for place, (file, known) in enumerate(zip(files, parts, strict=True)):
        if heard[place]:
            lufs = _listen(made, known, measures, file.group)
            before = None if lufs is None else lufs - (file.gain_db or 0.0)
            files[place] = replace(file, lufs=before)
        _follow(made, known, measures, followed[place])
        progress(place + 1, len(files))
    return Survey(
        name=made.name,
        facts=_facts(made),
        files=files,
        left_out=[LeftOut(each.name, each.error.code) for each in made.refused],
        dropped_seconds=float(made.manifest["dropped_seconds"]),
        measured=sum(heard),
        loudness_is="before levelling",
        listened=_pitches(made, measures),
        spectra_db=measures.spectra.levels_db(),
        notes=measures.notes,
    )


def _file(item: dict[str, Any], excerpts: Sequence[Excerpt], sample_rate: int) -> File:
    seconds: dict[str, float] = {}
    for excerpt in excerpts:
        length = (excerpt.stop - excerpt.start) / sample_rate
        seconds[excerpt.split] = seconds.get(excerpt.split, 0.0) + length
    known = {name: item[name] for name in _KNOWN}
    return File(group=item["class"] or UNNAMED, seconds=seconds, **known)


def _listen(
    made: PreparedSet, excerpts: Sequence[Excerpt], measures: Measures, group: str
) -> float | None:
    def blocks() -> Iterator[Floats]:
        for excerpt in excerpts:
            for start, stop in blocks_of(excerpt.stop - excerpt.start, made.sample_rate):
                block = np.atleast_2d(made.part(excerpt, start, stop))
                measures.spectra.add(group, block.mean(axis=0), made.sample_rate)
                yield block

    return lufs_of(blocks(), made.sample_rate, made.channels)


def _follow(
    made: PreparedSet, excerpts: Sequence[Excerpt], measures: Measures, chosen: bool
) -> None:
    """Count the notes of an item: those of the set, or of the beginning of one that is chosen."""
    if "f0" in made.manifest["features"]:
        for excerpt in excerpts:
            measures.notes.add_rows(excerpt.split, made.feature("f0", excerpt))
    elif chosen and excerpts:
        first = excerpts[0]
        stop = min(first.stop - first.start, round(SECONDS_EACH * made.sample_rate))
        heard = np.atleast_2d(made.part(first, 0, stop)).mean(axis=0)
        measures.notes.add_sound(first.split, heard, made.sample_rate)


def _pitches(made: PreparedSet, measures: Measures) -> str:
    if "f0" in made.manifest["features"]:
        return "every frame of the set's feature f0"
    return f"the first {SECONDS_EACH:g} s of {measures.notes.sounds} files"


def _facts(made: PreparedSet) -> dict[str, str]:
    manifest = made.manifest
    return {
        "prepared set": f"{made.name}, version {manifest['version']}",
        "digest": made.digest,
        "made by": str(manifest["made_by"]),
        "sample rate": f"{made.sample_rate:,} Hz",
        "channels": str(made.channels),
        "level": str(made.recipe["level"]),
        "split by": str(made.recipe["split_by"]),
        "features": ", ".join(manifest["features"]) or "none",
    }
