"""The starter library's catalogue: what each clip is, where it comes from, under which licence."""

import hashlib
import json
from pathlib import Path
from typing import Any

import soundfile

from foley import INSTRUMENTS, STYLES, sampler, takes

VERSION = 1
OWN_LICENCE = "Apache-2.0"
SAMPLED_LICENCE = "MIT (FluidR3 GM samples)"


def clip_file(style: str, number: int) -> str:
    """A clip's place within the starter folder."""
    return f"clips/{style}-{number}.ogg"


def write(folder: Path) -> None:
    """Describe every clip under `folder`, in the library's order, as `catalogue.json`."""
    clips = [entry(folder, style, number) for style in STYLES for number in (1, 2, 3, 4)]
    text = json.dumps({"version": VERSION, "clips": clips}, indent=1, ensure_ascii=False)
    (folder / "catalogue.json").write_text(text + "\n", encoding="utf-8")


def entry(folder: Path, style: str, number: int) -> dict[str, Any]:
    """One clip's row, measured on the file as it stands."""
    file = clip_file(style, number)
    info = soundfile.info(folder / file)
    return {
        "file": file,
        "title": takes.maker(style).VARIANTS[number - 1][0],
        "style": style,
        "licence": SAMPLED_LICENCE if style in INSTRUMENTS else OWN_LICENCE,
        "provenance": provenance(style, number),
        "sha256": hashlib.sha256((folder / file).read_bytes()).hexdigest(),
        "seconds": info.frames / info.samplerate,
        "sample_rate": info.samplerate,
        "channels": info.channels,
    }


def provenance(style: str, number: int) -> str:
    """How the clip was made, in a sentence, with its seed."""
    seed = f"seed {STYLES.index(style)}/{takes.STARTER}/{number}"
    if style in INSTRUMENTS:
        font = sampler.SOUND_FONT.stem
        return f"Score by tools/starter ({style}, {seed}), played by FluidSynth with {font}."
    return f"Computed by tools/starter ({style}, {seed})."
