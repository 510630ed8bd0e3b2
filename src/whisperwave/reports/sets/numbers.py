"""The numbers of a set's report, ready for JSON."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from whisperwave.reports.sets.measuring import EDGES_HZ
from whisperwave.reports.sets.survey import File, Survey

_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_MOST_CLIPPED = 10


def as_mapping(survey: Survey) -> dict[str, Any]:
    """Every number of the report; what is not finite is null."""
    files = survey.files
    return {
        "name": survey.name,
        "facts": dict(survey.facts),
        "files": len(files),
        "minutes": _rounded(sum(f.all_seconds for f in files) / 60.0),
        "dropped_seconds": survey.dropped_seconds,
        "measured": survey.measured,
        "splits": splits(survey),
        "classes": {
            name: {
                split: {"files": count, "minutes": _rounded(minutes)}
                for split, (count, minutes) in of_class.items()
            }
            for name, of_class in survey.classes().items()
        },
        "sources": sources(files),
        "loudness_lufs": {
            survey.loudness_is: quantiles(survey.loudness()),
            "in the set": quantiles(survey.kept_loudness()),
        },
        "pitch": _pitch(survey),
        "clipping": clipping(files),
        "spectra": _spectra(survey),
        "left_out": {
            "counts": dict(sorted(Counter(each.code for each in survey.left_out).items())),
            "files": [asdict(each) for each in survey.left_out],
        },
    }


def splits(survey: Survey) -> dict[str, dict[str, Any]]:
    """Files and minutes of each split."""
    return {
        split: {
            "files": sum(split in f.seconds for f in survey.files),
            "minutes": _rounded(sum(f.seconds.get(split, 0.0) for f in survey.files) / 60.0),
        }
        for split in survey.splits
    }


def sources(files: Iterable[File]) -> list[dict[str, Any]]:
    """Files and minutes by the rate and the channels that they were recorded with."""
    found: dict[tuple[int, int], list[float]] = defaultdict(list)
    for file in files:
        found[file.sample_rate, file.channels].append(file.all_seconds / 60.0)
    return [
        {
            "sample_rate": rate,
            "channels": channels,
            "files": len(minutes),
            "minutes": _rounded(sum(minutes)),
        }
        for (rate, channels), minutes in sorted(found.items())
    ]


def clipping(files: Iterable[File]) -> dict[str, Any]:
    """How many files reach full scale, what share of all samples does, and where it is worst."""
    every = list(files)
    clipped = sorted((f for f in every if f.clipped > 0.0), key=lambda f: -f.clipped)
    seconds = sum(f.all_seconds for f in every)
    at_full_scale = sum(f.clipped * f.all_seconds for f in clipped)
    return {
        "files": len(clipped),
        "samples_share": float(f"{at_full_scale / max(seconds, 1e-9):.3g}"),
        "worst": [
            {"name": f.name, "samples_share": f.clipped, "peak": f.peak}
            for f in clipped[:_MOST_CLIPPED]
        ],
    }


def quantiles(values: Sequence[float]) -> dict[str, float]:
    """Quantiles by their shares in per cent; empty without any value."""
    if not values:
        return {}
    found = zip(_QUANTILES, np.quantile(values, _QUANTILES), strict=True)
    return {f"{100 * share:g}": round(float(value), 2) for share, value in found}


def note_range(survey: Survey) -> tuple[int, int] | None:
    """The MIDI notes that 98 % of the frames with a pitch lie between; None without any."""
    counts = sum(survey.notes.counts.values(), np.zeros(1, np.int64))
    if not counts.sum():
        return None
    reached = np.cumsum(counts) / counts.sum()
    low, high = (int(np.searchsorted(reached, share)) for share in (0.01, 0.99))
    return low, high


def _pitch(survey: Survey) -> dict[str, Any]:
    return {
        "by": survey.listened,
        "voiced_share": _rounded(survey.notes.share),
        "midi_range": note_range(survey),
        "frames_by_midi_note": {s: each.tolist() for s, each in survey.notes.counts.items()},
    }


def _spectra(survey: Survey) -> dict[str, Any]:
    return {
        "edges_hz": [_rounded(edge) for edge in EDGES_HZ],
        "levels_db": {
            name: [_rounded(level) if np.isfinite(level) else None for level in levels]
            for name, levels in survey.spectra_db.items()
        },
    }


def _rounded(value: float) -> float:
    return round(float(value), 3)
