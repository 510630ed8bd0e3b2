"""The pictures of a set: minutes, loudness, notes, clipping, and the spectra of its classes."""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.spectra import hz_to_mel
from whisperwave.reports import colours, heatmaps
from whisperwave.reports.canvas import Canvas
from whisperwave.reports.charts import Curve, curves
from whisperwave.reports.histograms import Counts, histogram
from whisperwave.reports.sets.measuring import EDGES_HZ, NOTES
from whisperwave.reports.sets.survey import Survey
from whisperwave.reports.shares import MOST_BARS, bars
from whisperwave.reports.stacks import stacked

Floats = NDArray[np.float64]
Figure = tuple[str, Canvas, str]
"""A file's name, the picture, and its caption."""

COLOURS = {
    "train": colours.SOFT_BLUE,
    "validation": colours.AMBER,
    "test": colours.GREEN,
    "predict": colours.GREY,
    "all": colours.SOFT_BLUE,
}
_PARTS = (
    ("to learn from", ("train", "all"), colours.SOFT_BLUE),
    ("held out", ("validation", "test"), colours.AMBER),
    ("for listening", ("predict",), colours.GREY),
)
LOUDNESS_EDGES = np.arange(-70, 1).astype(np.float64)
NOTE_EDGES = np.linspace(-0.5, NOTES - 0.5, NOTES + 1)

_KHZ = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_MOST_CURVES = 6
_CURVE_FLOOR_DB = -80.0
_OCTAVES = range(-1, 10)
_NOTES_SHOWN = 4  # beyond the lowest and the highest that are played


def minutes(survey: Survey) -> Figure:
    """How long each class is in each split."""
    classes = {
        name: {split: of_split[1] for split, of_split in of_class.items()}
        for name, of_class in survey.classes().items()
    }
    shown = _longest(classes)
    parts = [(split, COLOURS[split]) for split in survey.splits]
    more = f" The {len(shown)} longest of {len(classes)}." if len(shown) < len(classes) else ""
    return "classes.png", stacked(shown, parts, "min"), f"Minutes of sound of each class.{more}"


def loudness(survey: Survey) -> Iterator[Figure]:
    """How loud the files are, and how loud they lie in a set."""
    drawn = [
        Counts(name, np.histogram(np.clip(found, -69.9, -0.1), LOUDNESS_EDGES)[0] * 1.0, colour)
        for name, colour, found in (
            (survey.loudness_is, colours.SOFT_BLUE, survey.loudness()),
            ("in the set", colours.AMBER, survey.kept_loudness()),
        )
        if found
    ]
    if drawn:
        edges, drawn = _trimmed(LOUDNESS_EDGES, drawn, 3)
        canvas = histogram(edges, drawn, "LUFS", "files")
        yield "loudness.png", canvas, "How loud the files are, in LUFS of ITU-R BS.1770."


def notes(survey: Survey) -> Iterator[Figure]:
    """Which notes are played: in the sound to learn from, and in what is held out."""
    drawn = [
        Counts(name, 100.0 * counts / counts.sum(), colour)
        for name, splits, colour in _PARTS
        for counts in [survey.notes.of(splits)]
        if counts.sum()
    ]
    if not drawn:
        return
    edges, drawn = _trimmed(NOTE_EDGES, drawn, _NOTES_SHOWN)
    low, high = edges[0], edges[-1]
    named = [
        ((12 * (octave + 1) - low) / (high - low), f"C{octave}".replace("-", "−"))
        for octave in _OCTAVES
        if low <= 12 * (octave + 1) <= high
    ]
    canvas = histogram(edges, drawn, "note", "% of the frames with a pitch", named)
    yield "pitch.png", canvas, f"How often each note is played, by {survey.listened}."


def clipping(survey: Survey) -> Iterator[Figure]:
    """Of which classes files reach full scale; nothing where none does."""
    found: dict[str, list[bool]] = {}
    for file in survey.files:
        found.setdefault(file.group, []).append(file.clipped > 0.0)
    shares = {name: 100.0 * float(np.mean(flags)) for name, flags in found.items() if any(flags)}
    worst = dict(sorted(shares.items(), key=lambda each: -each[1])[:MOST_BARS])
    if worst:
        caption = (
            "Files of each class that have samples at full scale; classes without are left out."
        )
        yield "clipping.png", bars(worst, "% of the files"), caption


def spectra(survey: Survey) -> Iterator[Figure]:
    """The mean spectrum of each class: curves of a few, rows of colour of many."""
    order = [name for name in survey.classes() if name in survey.spectra_db][:MOST_BARS]
    levels = {name: survey.spectra_db[name] for name in order}
    if not levels:
        return
    heard = int(np.max([np.flatnonzero(np.isfinite(each))[-1] for each in levels.values()])) + 1
    levels = {name: each[:heard] for name, each in levels.items()}
    edges = EDGES_HZ[: heard + 1]
    caption = "The mean spectrum of each class, its loudest band at 0 dB."
    if len(levels) <= _MOST_CURVES:
        yield "spectra.png", _curves(levels, edges), caption
        return
    mels = hz_to_mel(edges)
    places = (mels - mels[0]) / (mels[-1] - mels[0])
    ticks = [
        (float((hz_to_mel(1000.0 * khz) - mels[0]) / (mels[-1] - mels[0])), f"{khz:g}")
        for khz in _KHZ
        if edges[0] <= 1000.0 * khz <= edges[-1]
    ]
    yield "spectra.png", heatmaps.spectra(levels, places, ticks), caption


def _curves(levels: Mapping[str, Floats], edges: Floats) -> Canvas:
    middles = np.sqrt(edges[1:] * edges[:-1]) / 1000.0
    shades = colours.different(len(levels))
    drawn = [
        Curve(name, middles, np.maximum(each, _CURVE_FLOOR_DB), shade, 2.0)
        for (name, each), shade in zip(levels.items(), shades, strict=True)
    ]
    return curves(drawn, "kHz", "dB", decades=True)


def _longest(classes: Mapping[str, Mapping[str, float]]) -> dict[str, Mapping[str, float]]:
    return dict(list(classes.items())[:MOST_BARS])


def _trimmed(edges: Floats, drawn: list[Counts], beside: int) -> tuple[Floats, list[Counts]]:
    """Without the empty bins at both ends, but for a few."""
    met = np.flatnonzero(np.sum([each.values for each in drawn], axis=0))
    low, high = max(0, met[0] - beside), min(len(edges) - 1, met[-1] + 1 + beside)
    kept = [Counts(each.name, each.values[low:high], each.colour) for each in drawn]
    return edges[low : high + 1], kept
