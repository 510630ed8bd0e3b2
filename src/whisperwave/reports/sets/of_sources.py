"""The survey of a folder or of a collection's listing: every sound file decoded, heard as it is."""

from pathlib import Path

import numpy as np

from whisperwave.datasets.intake import peak_and_clipped
from whisperwave.datasets.recipe import Recipe, Source
from whisperwave.datasets.searching import Found, search
from whisperwave.errors import AudioError, WhisperwaveError
from whisperwave.library import decode
from whisperwave.reports.sets.measuring import blocks_of, lufs_of
from whisperwave.reports.sets.of_sets import FOLLOWED_SECONDS, SECONDS_EACH
from whisperwave.reports.sets.survey import (
    UNNAMED,
    File,
    LeftOut,
    Measures,
    Progress,
    Survey,
    spread,
)


def survey_of_source(path: Path, progress: Progress = lambda _done, _total: None) -> Survey:
    """Decode every sound file that `prepare` would take from a source, and listen to it.

    Raises:
        AudioError: ``NO_FOLDER``, or ``NO_SOUNDS`` when nothing could be read.
        LibraryError: a listing cannot be read.
    """
    left: list[LeftOut] = []
    recipe = Recipe((Source(str(path)),))
    found = sorted(
        search(recipe, lambda name, error: left.append(LeftOut(name.as_posix(), error.code))),
        key=lambda each: each.rank,
    )
    followed = spread(len(found), round(FOLLOWED_SECONDS / SECONDS_EACH))
    files, measures = list[File](), Measures()
    for place, each in enumerate(found):
        try:
            files.append(_heard(each, measures, followed[place]))
        except WhisperwaveError as error:
            left.append(LeftOut(each.name, error.code))
        progress(place + 1, len(found))
    if not files:
        raise AudioError(
            "NO_SOUNDS",
            f"{str(path)!r} holds no sound file that can be read ({len(left)} left out).",
            "Name a folder of sounds, a listing, or a prepared set.",
        )
    name = path.resolve().name
    return Survey(
        name=name,
        facts={"folder of sounds" if path.is_dir() else "listing": name},
        files=files,
        left_out=left,
        dropped_seconds=0.0,
        measured=len(files),
        loudness_is="as recorded",
        listened=f"the first {SECONDS_EACH:g} s of {measures.notes.sounds} files",
        spectra_db=measures.spectra.levels_db(),
        notes=measures.notes,
    )


def _heard(found: Found, measures: Measures, is_followed: bool) -> File:
    audio = decode(found.path)
    group, rate, samples = found.class_name or UNNAMED, audio.sample_rate, audio.samples
    if found.first_seconds is not None:
        samples = samples[:, : max(1, round(found.first_seconds * rate))]
    peak, clipped = peak_and_clipped(samples)
    if peak == 0.0:
        raise AudioError("SILENT", "Every sample is zero.", "There is nothing to learn from it.")
    mono = np.asarray(samples.mean(axis=0), np.float32)
    places = list(blocks_of(len(mono), rate))
    for start, stop in places:
        measures.spectra.add(group, mono[start:stop], rate)
    if is_followed:
        measures.notes.add_sound("all", mono[: round(SECONDS_EACH * rate)], rate)
    blocks = (samples[:2, start:stop] for start, stop in places)
    lufs = lufs_of(blocks, rate, min(2, audio.channels))
    seconds, share = {"all": len(mono) / rate}, clipped / samples.size
    return File(found.name, group, seconds, rate, audio.channels, peak, share, lufs)
