"""The survey of a plain folder: every sound file decoded, and heard as it is."""

from pathlib import Path

import numpy as np

from whisperwave.datasets.intake import peak_and_clipped
from whisperwave.datasets.sounds import group_of, sound_files
from whisperwave.errors import AudioError, WhisperwaveError
from whisperwave.library import Audio, decode
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


def survey_of_folder(folder: Path, progress: Progress = lambda _done, _total: None) -> Survey:
    """Decode every sound file under a folder, and listen to it.

    Raises:
        AudioError: ``NO_FOLDER``, or ``NO_SOUNDS`` when nothing could be read.
    """
    left: list[LeftOut] = []
    paths = sound_files(folder, lambda path, error: left.append(_left(path, folder, error)))
    followed = spread(len(paths), round(FOLLOWED_SECONDS / SECONDS_EACH))
    files, measures = list[File](), Measures()
    for place, path in enumerate(paths):
        try:
            name = path.relative_to(folder).as_posix()
            files.append(_heard(name, decode(path), measures, followed[place]))
        except WhisperwaveError as error:
            left.append(_left(path, folder, error))
        progress(place + 1, len(paths))
    if not files:
        raise AudioError(
            "NO_SOUNDS",
            f"{str(folder)!r} holds no sound file that can be read ({len(left)} left out).",
            "Name a folder of sounds, or a prepared set.",
        )
    return Survey(
        name=folder.resolve().name,
        facts={"folder of sounds": folder.resolve().name},
        files=files,
        left_out=left,
        dropped_seconds=0.0,
        measured=len(files),
        loudness_is="as recorded",
        listened=f"the first {SECONDS_EACH:g} s of {measures.notes.sounds} files",
        spectra_db=measures.spectra.levels_db(),
        notes=measures.notes,
    )


def _heard(name: str, audio: Audio, measures: Measures, is_followed: bool) -> File:
    peak, clipped = peak_and_clipped(audio.samples)
    if peak == 0.0:
        raise AudioError("SILENT", "Every sample is zero.", "There is nothing to learn from it.")
    group, rate = group_of(name) or UNNAMED, audio.sample_rate
    mono = np.asarray(audio.samples.mean(axis=0), np.float32)
    places = list(blocks_of(len(mono), rate))
    for start, stop in places:
        measures.spectra.add(group, mono[start:stop], rate)
    if is_followed:
        measures.notes.add_sound("all", mono[: round(SECONDS_EACH * rate)], rate)
    blocks = (audio.samples[:2, start:stop] for start, stop in places)
    lufs = lufs_of(blocks, rate, min(2, audio.channels))
    share = clipped / audio.samples.size
    return File(name, group, {"all": audio.seconds}, rate, audio.channels, peak, share, lufs)


def _left(path: Path, folder: Path, error: WhisperwaveError) -> LeftOut:
    return LeftOut(path.relative_to(folder).as_posix(), error.code)
