"""Write docs/reference/pitch-accuracy.md from its results; --check only says if it is current."""

import sys
from collections.abc import Iterator
from typing import Any

import result_pages
from pitched_sounds.columns import COLUMNS, SPEED
from whisperwave.benchmarks.measuring.tables import markdown

HEAD = """# Accuracy of pitch

Written by `make fix` from `benchmarks/results/pitch_accuracy.json`, which
`benchmarks/pitch_accuracy.py` measures; a test holds the two equal.

Tones whose pitch is known at every sample, of ten kinds, each at eleven pitches from 50 to 2000 Hz
and two seconds long, at 16 kHz, to three methods:

- **WhisperWave**: the extractor of `--features f0`, the same for training and for playing. It hears
  block by block, and says a frame each 10 ms, 32 ms behind the sound.
- **swift-f0**: a small neural network, which hears the whole sound; voiced where its confidence is
  one half or more, as it advises.
- **pYIN**: librosa's, of the whole sound, both ways through it; librosa's own defaults.

What the columns mean. **Median error** and **gross errors** (more than 50 cents off, most of them
an octave) are of the frames of a tone that the method calls voiced; **right to 50 cents** is the
share of all frames of a tone that it calls voiced and reads so well. **Voicing errors** are frames
of a tone that it calls unvoiced, and frames of noise or silence that it calls voiced. Frames closer
than 70 ms to where a tone begins or ends are not counted.
"""


def page(result: dict[str, Any]) -> str:
    """The whole page."""
    return "\n".join([HEAD, *_speed(result), *_cases(result["rows"])])


def _speed(result: dict[str, Any]) -> Iterator[str]:
    facts = result["machine"]
    yield (
        f"Measured on {facts['date']}: {facts['processor']}, {facts['system']}, "
        f"Python {facts['python']}. Speed is that of one thread, by its processor time.\n"
    )
    yield markdown(SPEED, result["methods"]) + "\n"


def _cases(rows: list[dict[str, Any]]) -> Iterator[str]:
    for case in dict.fromkeys(row["case"] for row in rows):
        yield f"## {case.capitalize()}\n"
        yield markdown(COLUMNS, [row for row in rows if row["case"] == case]) + "\n"


if __name__ == "__main__":
    sys.exit(result_pages.run(__doc__, "pitch_accuracy", "pitch-accuracy.md", page))
