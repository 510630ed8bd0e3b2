"""A set's report in sentences."""

from collections import Counter
from collections.abc import Iterable, Iterator

from whisperwave.reports.sets.numbers import clipping, note_range, quantiles, sources, splits
from whisperwave.reports.sets.survey import File, Survey

_NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def sentences(survey: Survey) -> Iterator[str]:
    """The whole report, a sentence a subject."""
    yield extent(survey)
    if len(survey.splits) > 1:
        parts = (
            f"{split} {each['minutes']:.3g} min in {several(each['files'], 'file')}"
            for split, each in splits(survey).items()
        )
        yield f"Splits: {', '.join(parts)}."
    rates = (
        f"{several(each['files'], 'file')} at {each['sample_rate']:,} Hz in "
        f"{several(each['channels'], 'channel')}"
        for each in sources(survey.files)
    )
    yield f"Recorded: {', '.join(rates)}."
    yield loudness(survey)
    yield pitch(survey)
    yield clipped(survey.files)
    if survey.dropped_seconds:
        yield f"{survey.dropped_seconds / 60.0:.3g} minutes of silence are not in the set."
    yield left_out(survey)


def extent(survey: Survey) -> str:
    """How much there is."""
    minutes = sum(f.all_seconds for f in survey.files) / 60.0
    long = f"{minutes / 60.0:.3g} hours" if minutes >= 120.0 else f"{minutes:.3g} minutes"
    classes = several(len(survey.classes()), "class", "classes")
    return f"{survey.name}: {several(len(survey.files), 'file')} of {classes}, {long}."


def loudness(survey: Survey) -> str:
    """How loud the files are."""
    found = quantiles(survey.loudness())
    if not found:
        return "No file is loud enough to have a loudness."
    said = (
        f"Loudness {survey.loudness_is}: {found['50']:.1f} LUFS in the middle, {found['5']:.1f} to "
        f"{found['95']:.1f} for nine files of ten."
    )
    if survey.measured < len(survey.files):
        said += f" Measured on {survey.measured} of {len(survey.files)} files, evenly spread."
    return said


def pitch(survey: Survey) -> str:
    """Which notes are played."""
    found = note_range(survey)
    if found is None:
        return f"No note was found, by {survey.listened}."
    low, high = map(note_name, found)
    return (
        f"{survey.notes.share:.0%} of the frames play a note, nearly all from {low} to {high}, by "
        f"{survey.listened}."
    )


def note_name(midi: int) -> str:
    """A MIDI note as musicians write it: 60 is C4."""
    return f"{_NOTES[midi % 12]}{midi // 12 - 1}"


def clipped(files: Iterable[File]) -> str:
    """Whether anything reaches full scale."""
    found = clipping(files)
    if not found["files"]:
        return "No file has a sample at full scale."
    reach = "reaches" if found["files"] == 1 else "reach"
    share = f"{100.0 * found['samples_share']:.2g}"
    return f"{several(found['files'], 'file')} {reach} full scale, with {share} % of all samples."


def left_out(survey: Survey) -> str:
    """How many files are not there, and why."""
    counts = Counter(each.code for each in survey.left_out)
    if not counts:
        return "No file was left out."
    why = ", ".join(f"{count} {code}" for code, count in counts.most_common())
    return f"{several(len(survey.left_out), 'file')} left out: {why}."


def several(count: int, one: str, many: str = "") -> str:
    """A number and what it counts."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
