"""The rows of a grid: the classes that a model can be asked for, and how."""

from collections import defaultdict
from collections.abc import Sequence

from whisperwave.errors import ConfigError, EngineError, WhisperwaveError
from whisperwave.generation.evaluation.protocol import PICKED
from whisperwave.generation.instrument import Instrument
from whisperwave.generation.opening import classes_of
from whisperwave.generation.picks import ClassName, Pick, Picks
from whisperwave.library import Library

ALL = "all"
UNCONDITIONED = "any"
"""The one class of a model that takes no style."""

Voice = Picks | ClassName | WhisperwaveError
"""What is asked of a model for a class, or why it cannot be asked."""


def voices_of(
    instrument: Instrument, library: Library, wanted: Sequence[str] = (ALL,)
) -> dict[str, Voice]:
    """The classes of a model with what it is asked for each, in the order of their names.

    A model of classes is asked by their names. One that is steered by clips is asked for each style
    of the library by the first clips of it, as the style evaluation does.

    Args:
        instrument: the model.
        library: has the clips.
        wanted: ``all``, or names of classes.
    """
    every = _voices(instrument, library)
    if ALL in wanted:
        return dict(sorted(every.items()))
    return {name: every.get(name, _unknown(name, instrument, every)) for name in wanted}


def _voices(instrument: Instrument, library: Library) -> dict[str, Voice]:
    signature, classes = instrument.file.signature, classes_of(instrument)
    if signature.port("control") or signature.port("predictor"):
        found = _picks_by_style(library)
        return {name: found.get(name, _no_clips(name)) for name in classes} or {**found}
    if classes:
        return {name: ClassName(name) for name in classes}
    if signature.port("style"):
        return {**_picks_by_style(library)}
    return {UNCONDITIONED: ClassName("")}


def _picks_by_style(library: Library) -> dict[str, Picks]:
    numbers: dict[str, list[int]] = defaultdict(list)
    for clip in library.list():
        numbers[clip.style].append(clip.number)
    return {
        style: Picks(tuple(Pick(number) for number in sorted(found)[:PICKED]))
        for style, found in numbers.items()
    }


def _no_clips(name: str) -> EngineError:
    return EngineError(
        "CLIPS_NEEDED",
        f"the library has no clip of the class {name!r}, whose outline the model is to be told.",
        f"Add one: whisperwave library add FILE --style {name}.",
    )


def _unknown(name: str, instrument: Instrument, every: dict[str, Voice]) -> ConfigError:
    return ConfigError(
        "UNKNOWN_CLASS", f"{instrument.name} has no class {name!r}.",
        f"It has {', '.join(sorted(every))}.",
    )  # fmt: skip
