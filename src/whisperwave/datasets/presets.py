"""Known ways to prepare, by name: the values of a recipe that are not their defaults.

Singers and speakers are split by person, so that the voice that a model is measured with is one
that it has never heard. Five-second segments at 44.1 kHz are those of the field's voice work.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whisperwave.errors import ConfigError

Values = Mapping[str, Any]

_VOICE: Values = {
    "sample_rate": 44_100,
    "segment_seconds": 5.0,
    "split_by": "speaker",
    "validation": 0.15,
    "test": 0.15,
    "seed": 2,
    "features": ["f0", "loudness"],
}
# Quiet singing lies 40 dB under loud singing, so a gate near the peak would cut the music away.
_SUNG: Values = {
    "class_from": "top", "speaker_from": "top", "silence": "split", "below_db": 50.0,
}  # fmt: skip
_SPOKEN: Values = {**_SUNG, "silence": "trim", "below_db": 45.0}


@dataclass(frozen=True)
class Preset:
    """The values of a recipe, and of each set that it joins, by the set's name."""

    recipe: Values
    sets: Mapping[str, Values]


PRESETS: Mapping[str, Preset] = {
    "nus": Preset(_VOICE, {"nus48e": _SUNG}),
    "vocalset": Preset(_VOICE, {"vocalset": _SUNG}),
    "vctk": Preset(_VOICE, {"vctk": _SPOKEN}),
    "nus_vocalset_vctk": Preset(
        _VOICE, {"nus48e": _SUNG, "vocalset": _SUNG, "vctk": _SPOKEN}
    ),
    "ambience": Preset({"sample_rate": 48_000, "channels": 2, "split_by": "span"}, {"": {}}),
    "music": Preset(
        {"sample_rate": 16_000, "split_by": "file"}, {"": {"silence": "trim", "below_db": 60.0}}
    ),
}  # fmt: skip


def preset_values(name: str, sources: Sequence[str]) -> dict[str, Any]:
    """The values of a recipe after a preset, for sources given in the order of its sets.

    A preset of several sets takes one folder too, which holds a sub-folder of each one's name.

    Raises:
        ConfigError: ``UNKNOWN_NAME``, or ``BAD_SOURCES``, there are too few or too many.
    """
    if name not in PRESETS:
        raise ConfigError(
            "UNKNOWN_NAME", f"There is no preset {name!r}.", f"Use {', '.join(PRESETS)}."
        )
    preset = PRESETS[name]
    named = list(preset.sets.items())
    if len(named) == 1:  # any number of sources, all of one kind
        return {**preset.recipe, "sources": [{**named[0][1], "path": path} for path in sources]}
    paths = [str(Path(sources[0]) / s) for s, _ in named] if len(sources) == 1 else list(sources)
    if len(paths) != len(named):
        raise ConfigError(
            "BAD_SOURCES", f"The preset {name} joins {len(named)} sets, not {len(paths)}.",
            f"Give {', '.join(s for s, _ in named)} in this order, or the folder that holds them.",
        )  # fmt: skip
    joined = zip(paths, named, strict=True)
    return {**preset.recipe, "sources": [{**v, "path": p, "name": s} for p, (s, v) in joined]}
