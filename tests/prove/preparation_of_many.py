"""How much memory does `prepare` take, of a thousand clips and of a hundred thousand?

    python tests/prove/preparation_of_many.py --files 100000 \
        --json benchmarks/results/preparation_memory.json

The clips are WAV files of a twentieth of a second, all different, a thousand in each folder.
Each preparation is a command of its own with two processes that do the work; the system tells the
greatest memory of the command, and of the largest of its processes. The set is then opened, and its
memory told beside. A process is first a copy of the command, which has found all clips by then, so
what it seems to grow by is that. What a hundred thousand clips may add is a record of each,
`MOST_BYTES_A_CLIP`: its name, digests and place, for nothing can be dealt into splits before all is
known.
"""

import argparse
import io
import json
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

RATE, SAMPLES = 8_000, 400
FEWEST, STEP = 1_000, 10
MOST_BYTES_A_CLIP = 2_000

PREPARE = """
import json, resource, sys
from pathlib import Path
from whisperwave.datasets.preparing import Job, prepare
from whisperwave.datasets.recipe import Recipe, Source
from whisperwave.workers import Processes

if __name__ == "__main__":
    recipe = Recipe((Source(sys.argv[1]),), name="set", sample_rate=8_000)
    done = prepare(Job(recipe, Path(sys.argv[2]), workers=Processes(2)))
    most = [resource.getrusage(who).ru_maxrss for who in
            (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(json.dumps({"items": done.prepared.manifest["items"], "left": len(done.left),
        "peak_mib": round(most[0] / 1024, 1), "process_peak_mib": round(most[1] / 1024, 1)}))
"""
OPEN = """
import json, resource, sys
from pathlib import Path
from whisperwave.datasets import read_prepared
excerpts = len(read_prepared(Path(sys.argv[2])).excerpts)
print(json.dumps({"excerpts": excerpts,
    "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)}))
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


def measured(folder: Path, program: str, *words: Path) -> dict[str, Any]:
    """What a program of its own process says."""
    script = folder / "program.py"  # a file, for processes that it starts read it again
    script.write_text(program)
    command = [sys.executable, str(script), *map(str, words)]
    found: dict[str, Any] = json.loads(subprocess.check_output(command))
    return found


def trial(parent: Path, files: int) -> dict[str, Any]:
    """Make so many clips, prepare them, and open the set."""
    sounds, output = parent / f"{files}", parent / f"{files}-set"
    make(sounds, files)
    began = time.monotonic()
    prepared = measured(parent, PREPARE, sounds, output)
    sys.stderr.write(f"{files} clips in {time.monotonic() - began:.0f} s\n")
    return {"files": files, "prepare": prepared, "open": measured(parent, OPEN, sounds, output)}


def bytes_a_clip(trials: list[dict[str, Any]], what: str, peak: str) -> int:
    """What each clip more than the fewest added to a peak."""
    first, last = trials[0], trials[-1]
    growth = (last[what][peak] - first[what][peak]) * 1024**2
    return round(growth / max(1, last["files"] - first["files"]))


def faults(trials: list[dict[str, Any]], growth: dict[str, int]) -> list[str]:
    """What is not as it must be."""
    found = [
        f"of {one['files']} clips: {one['prepare']}, {one['open']}"
        for one in trials
        if not one["files"] == one["prepare"]["items"] == one["open"]["excerpts"]
    ]
    if len(trials) > 1:
        found += [
            f"{name} grew by {each} bytes a clip"
            for name, each in growth.items()
            if each > MOST_BYTES_A_CLIP
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
    growth = {
        "prepare": bytes_a_clip(trials, "prepare", "peak_mib"),
        "process": bytes_a_clip(trials, "prepare", "process_peak_mib"),
        "open": bytes_a_clip(trials, "open", "peak_mib"),
    }
    result = {
        "question": "How much memory does prepare take, of a thousand clips and of many more?",
        "trials": trials,
        "bytes_a_clip": growth,
        "failures": faults(trials, growth),
        "python": platform.python_version(),
    }
    text = json.dumps(result, indent=2)
    if options.json:
        options.json.write_text(text + "\n")
    sys.stdout.write(text + "\n")
    return 1 if result["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
