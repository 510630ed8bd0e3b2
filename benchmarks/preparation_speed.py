"""How many hours of sound a minute does `prepare` make ready, against a loop around librosa?

    python benchmarks/preparation_speed.py [--files 40] [--seconds 60] [--python PATH]

Both read the same files of 44.1 kHz in two channels and bring them to one channel at 16 kHz. The
loop is load, resample, normalise, µ-law, as a script does it: one process, one file after another,
librosa's own defaults, started and warmed up before the clock runs. `prepare` uses every core, and
its time is that of the whole command: starting, checking, digesting, splitting and writing the set.
librosa is no dependency: ``--python`` names an interpreter that has it, and without one the
comparison is left out.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

import records
from whisperwave.benchmarks.measuring import machine
from whisperwave.datasets.preparing import Job, prepare
from whisperwave.datasets.recipe import Recipe, Source
from whisperwave.workers import Processes

KINDS = ("wav", "flac", "mp3")
RATE, TARGET = 44_100, 16_000

LOOP = """
import json, sys, time
try:
    import librosa
except ImportError:
    print(json.dumps(None))
    sys.exit()
def ready(path):
    audio, rate = librosa.load(path, sr=None)
    audio = librosa.resample(audio, orig_sr=rate, target_sr={target})
    return librosa.mu_compress(librosa.util.normalize(audio), mu=255, quantize=True)
first, *paths = sys.argv[1:]
ready(first)
start = time.perf_counter()
for path in paths:
    ready(path)
seconds = time.perf_counter() - start
print(json.dumps({{"librosa": librosa.__version__, "seconds": seconds, "files": len(paths)}}))
"""


def main() -> None:
    """Measure each kind of file and write the result."""
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        kinds = {kind: compared(Path(folder), kind, options) for kind in KINDS}
    result = {"machine": machine.facts(), "files": options.files, "seconds_each": options.seconds,
              "workers": options.workers, "kinds": kinds}  # fmt: skip
    if not options.dry:
        records.save("preparation_speed", result)
    print(json.dumps(result, indent=2))


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--python", default=sys.executable, help="An interpreter with librosa.")
    parser.add_argument("--dry", action="store_true", help="Write no record.")
    return parser.parse_args()


def compared(folder: Path, kind: str, options: argparse.Namespace) -> dict[str, Any]:
    """Both ways in turn, the best of several rounds of each."""
    sounds = folder / kind
    write_sounds(sounds, kind, options.files, options.seconds)
    ours, theirs = [], []
    for round_ in range(options.rounds):
        ours.append(hours_per_minute(sounds, folder / f"{kind}-{round_}", options))
        loop = librosa_loop(sounds, options.python)
        if loop is not None:
            hours = loop["files"] * options.seconds / 3600.0
            theirs.append(hours / (loop["seconds"] / 60.0))
    measured: dict[str, Any] = {"prepare_hours_per_minute": round(max(ours), 2)}
    if theirs:
        measured["librosa_hours_per_minute"] = round(max(theirs), 2)
        measured["ratio"] = round(max(ours) / max(theirs), 2)
    return measured


def write_sounds(folder: Path, kind: str, files: int, seconds: float) -> None:
    """Notes that swell and fade over a little noise, another few for each file."""
    folder.mkdir()
    time_s = np.arange(round(seconds * RATE)) / RATE
    for number in range(files):
        draw = np.random.default_rng(number)
        audio = 0.01 * draw.standard_normal((len(time_s), 2))
        for hz in 110.0 * 2.0 ** (draw.integers(0, 36, 4) / 12.0):
            swell = np.sin(np.pi * ((time_s * draw.uniform(0.3, 2.0)) % 1.0))
            audio += (0.1 * swell * np.sin(2.0 * np.pi * hz * time_s))[:, None]
        soundfile.write(folder / f"{number:03}.{kind}", audio, RATE)


def hours_per_minute(sounds: Path, output: Path, options: argparse.Namespace) -> float:
    """Hours of sound that `prepare` makes ready in a minute."""
    recipe = Recipe((Source(str(sounds)),), sample_rate=TARGET)
    start = time.perf_counter()
    prepare(Job(recipe, output, workers=Processes(options.workers)))
    elapsed = time.perf_counter() - start
    return options.files * options.seconds / 3600.0 / (elapsed / 60.0)


def librosa_loop(sounds: Path, python: str) -> dict[str, Any] | None:
    """How long librosa takes for all files but the first, which warms it up; None without it."""
    command = [python, "-c", LOOP.format(target=TARGET), *map(str, sorted(sounds.iterdir()))]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    answer: dict[str, Any] | None = json.loads(ran.stdout)
    return answer


if __name__ == "__main__":
    main()
