"""How much memory does `prepare` take, of a thousand clips and of a hundred thousand?

    python tests/prove/preparation_of_many.py --files 100000 \
        --json benchmarks/results/preparation_memory.json

The clips are WAV files of a twentieth of a second, all different, a thousand in each folder; they
are prepared from the folder, and from a listing of it. Each preparation is a command of its own
with two processes that do the work; the system tells the greatest memory of the command, and of the
largest of its processes. The set is then opened as training opens it, and its memory told beside.
`MOST_MORE_MIB` is what many may take more than few: a preparation only what its caches hold when
they are full, for what it knows of the clips lies on the disk; an open set a record of each, for
crops are drawn from all.
"""

import argparse
import io
import json
import platform
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from peaks import told_by

from whisperwave.library.listing import Item, write_items

RATE, SAMPLES = 8_000, 400
FEWEST, STEP = 1_000, 10
MOST_MORE_MIB = {"prepare": 16, "prepare_listing": 16, "process": 16, "open": 64}

PREPARE = """
import json, sys
from pathlib import Path
import peaks
from whisperwave.datasets.preparing import Job, prepare
from whisperwave.datasets.recipe import Recipe, Source
from whisperwave.workers import Processes

if __name__ == "__main__":
    recipe = Recipe((Source(sys.argv[1]),), name="set", sample_rate=8_000)
    done = prepare(Job(recipe, Path(sys.argv[2]), workers=Processes(2)))
    print(json.dumps({"items": done.prepared.manifest["items"], "left": len(done.left),
        "peak_mib": peaks.own_mib(), "process_peak_mib": peaks.children_mib()}))
"""
OPEN = """
import json, sys
from pathlib import Path
import peaks
from whisperwave.datasets import read_prepared
excerpts = len(read_prepared(Path(sys.argv[2])).excerpts)
print(json.dumps({"excerpts": excerpts, "peak_mib": peaks.own_mib()}))
"""


def make(folder: Path, files: int) -> None:
    """So many clips of noise."""
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(SAMPLES), RATE, "PCM_16", format="WAV")
    header = buffer.getvalue()[: -2 * SAMPLES]
    draw = np.random.default_rng(files)
    for number in range(files):
        place = folder / f"{number // 1000:03}"
        place.mkdir(parents=True, exist_ok=True)
        noise = draw.integers(-3000, 3000, SAMPLES).astype("<i2")
        (place / f"{number:06}.wav").write_bytes(header + noise.tobytes())


def listed(sounds: Path) -> Path:
    """A listing of these clips."""
    listing = sounds.with_name(f"{sounds.name}.json")
    paths = (path.relative_to(sounds).as_posix() for path in sounds.rglob("*.wav"))
    write_items(listing, sounds, (Item(path, SAMPLES / RATE, RATE) for path in paths))
    return listing


def trial(parent: Path, files: int) -> dict[str, Any]:
    """Make so many clips, prepare them, and open the set."""
    sounds, output = parent / f"{files}", parent / f"{files}-set"
    make(sounds, files)
    began = time.monotonic()
    prepared = told_by(parent, PREPARE, sounds, output)
    sys.stderr.write(f"{files} clips in {time.monotonic() - began:.0f} s\n")
    opened = told_by(parent, OPEN, sounds, output)
    again = told_by(parent, PREPARE, listed(sounds), parent / f"{files}-again")
    return {"files": files, "prepare": prepared, "prepare_listing": again, "open": opened}


def more_mib(trials: list[dict[str, Any]], what: str, peak: str) -> float:
    """What the most clips added to the peak of the fewest."""
    return round(trials[-1][what][peak] - trials[0][what][peak], 1)


def faults(trials: list[dict[str, Any]], more: dict[str, float]) -> list[str]:
    """What is not as it must be."""
    found = [
        f"of {one['files']} clips: {one}"
        for one in trials
        if not one["files"] == one["prepare"]["items"] == one["open"]["excerpts"]
        or one["prepare_listing"]["items"] != one["files"]
    ]
    found += [
        f"{name} took {each} MiB more" for name, each in more.items() if each > MOST_MORE_MIB[name]
    ]
    return found


def main() -> int:
    """Measure few and many; the exit status is 1 if memory grew, or a clip was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    counts = [options.files]
    while counts[0] // STEP >= FEWEST:
        counts.insert(0, counts[0] // STEP)
    with tempfile.TemporaryDirectory() as name:
        trials = [trial(Path(name), files) for files in counts]
    more = {
        "prepare": more_mib(trials, "prepare", "peak_mib"),
        "prepare_listing": more_mib(trials, "prepare_listing", "peak_mib"),
        "process": more_mib(trials, "prepare", "process_peak_mib"),
        "open": more_mib(trials, "open", "peak_mib"),
    }
    result = {
        "question": "How much memory does prepare take, of a thousand clips and of many more?",
        "trials": trials,
        "more_mib": more,
        "failures": faults(trials, more),
        "python": platform.python_version(),
    }
    text = json.dumps(result, indent=2)
    if options.json:
        options.json.write_text(text + "\n")
    sys.stdout.write(text + "\n")
    return 1 if result["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
