"""The report on a set: what there is to learn from, in numbers, in words, and on a page."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whisperwave.datasets import is_prepared, read_prepared
from whisperwave.datasets.sounds import sound_files
from whisperwave.library.listing import FORMAT as LISTING
from whisperwave.reports.page import Page, write_report
from whisperwave.reports.sets import drawing, numbers, words
from whisperwave.reports.sets.of_sets import survey_of_set
from whisperwave.reports.sets.of_sources import survey_of_source
from whisperwave.reports.sets.reasons import REASONS
from whisperwave.reports.sets.survey import Progress, Survey

_MOST_NAMES = 12  # of files left out for one reason, on the page
_HEAD = 4096  # bytes in which a listing says that it is one
_RUN_FILES = ("log.jsonl", "checkpoints")


@dataclass(frozen=True, eq=False)
class SetReport:
    """What a survey has found."""

    survey: Survey

    def as_mapping(self) -> dict[str, Any]:
        """Every number of the report, ready for JSON."""
        return numbers.as_mapping(self.survey)

    def sentences(self) -> list[str]:
        """The report in a few sentences."""
        return list(words.sentences(self.survey))

    def write(self, folder: Path) -> Path:
        """Write page, pictures and numbers into ``folder``; returns the page's path.

        Raises:
            OutputError: it cannot be written.
        """
        return write_report(self.page(), self.as_mapping(), folder)

    def page(self) -> Page:
        """The report as a page."""
        survey = self.survey
        page = Page(f"Sounds: {survey.name}", words.extent(survey))
        page.facts(survey.facts)
        page.heading("Classes")
        page.figure(*drawing.minutes(survey))
        _put_classes(page, survey)
        page.heading("Recordings")
        _put_sources(page, survey)
        for title, said, figures in (
            ("Loudness", words.loudness(survey), drawing.loudness(survey)),
            ("Pitch", words.pitch(survey), drawing.notes(survey)),
            ("Clipping", words.clipped(survey.files), drawing.clipping(survey)),
        ):
            page.heading(title)
            page.paragraph(said)
            _put(page, figures)
        _put_clipped(page, survey)
        page.heading("Spectra")
        _put(page, drawing.spectra(survey))
        page.heading("Left out")
        page.paragraph(words.left_out(survey))
        _put_left_out(page, survey)
        return page


def report(path: Path, progress: Progress = lambda _done, _total: None) -> SetReport:
    """Look at a prepared set, a folder of sounds, or a collection's listing.

    Raises:
        AudioError: it cannot be read, or holds no sound.
        LibraryError: a listing cannot be read.
    """
    if is_prepared(path):
        return SetReport(survey_of_set(read_prepared(path), progress))
    return SetReport(survey_of_source(path, progress))


def is_of_sounds(path: Path) -> bool:
    """Is this a prepared set, a listing, or a folder of sounds and no run?"""
    if is_prepared(path) or _is_listing(path):
        return True
    if not path.is_dir() or any((path / name).exists() for name in _RUN_FILES):
        return False
    return bool(sound_files(path))


def _is_listing(path: Path) -> bool:
    if path.suffix != ".json" or not path.is_file():
        return False
    with path.open("rb") as file:
        return LISTING.encode() in file.read(_HEAD)


def _put(page: Page, figures: Iterable[drawing.Figure]) -> None:
    for figure in figures:
        page.figure(*figure)


def _put_classes(page: Page, survey: Survey) -> None:
    def cell(of_class: Mapping[str, tuple[int, float]], split: str) -> str:
        count, minutes = of_class.get(split, (0, 0.0))
        return f"{minutes:.3g} min, {words.several(count, 'file')}" if count else ""

    rows = [
        (name, *(cell(of_class, split) for split in survey.splits))
        for name, of_class in survey.classes().items()
    ]
    page.table(("class", *survey.splits), rows)


def _put_sources(page: Page, survey: Survey) -> None:
    rows = [
        (f"{e['sample_rate']:,} Hz", str(e["channels"]), str(e["files"]), f"{e['minutes']:.3g}")
        for e in numbers.sources(survey.files)
    ]
    page.table(("sample rate", "channels", "files", "minutes"), rows)


def _put_clipped(page: Page, survey: Survey) -> None:
    worst = numbers.clipping(survey.files)["worst"]
    if worst:
        rows = [(e["name"], f"{e['samples_share']:.3%}", f"{e['peak']:.3f}") for e in worst]
        page.table(("file", "samples at full scale", "peak"), rows)


def _put_left_out(page: Page, survey: Survey) -> None:
    names: dict[str, list[str]] = defaultdict(list)
    for each in survey.left_out:
        names[each.code].append(each.name)
    rows = []
    for code, found in sorted(names.items(), key=lambda each: -len(each[1])):
        more = len(found) - _MOST_NAMES
        shown = ", ".join(found[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
        rows.append((code, REASONS.get(code, ""), str(len(found)), shown))
    if rows:
        page.table(("code", "why", "files", "which"), rows)
