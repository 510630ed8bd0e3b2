"""How many hours of sound a minute does `prepare` make ready, against a loop around librosa?

    python benchmarks/preparation_speed.py --python PATH [--files 200] [--seconds 60]

Both read the same files of 44.1 kHz in two channels and bring them to one channel at 16 kHz. The
loop is load, resample, normalise, µ-law, as a script does it: one process, one file after another,
librosa's own defaults (``soxr_hq``), started and warmed up before the clock runs. `prepare` uses
every core, and its time is that of the whole command: starting, checking, digesting, resampling
with the filter above that (``VHQ``), splitting, and writing the set until the disk has it. They
take turns; the median of each is told. On a busy machine that favours the side with more processes,
so the processor time that each takes is told beside, and the ratio on idle cores that follows.

``limit`` is the ratio that would be reached if `prepare` did nothing but decode, digest and
resample, each measured alone in this process, and shared that out over all cores without loss.
librosa is no dependency: ``--python`` names an interpreter that has it, and without one the limit
and the record are left out.
"""

import argparse
import hashlib
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile

import records
from whisperwave.benchmarks.measuring import machine
from whisperwave.dsp.resampling import resample

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
first, *paths = json.load(sys.stdin)
ready(first)
start, spent = time.perf_counter(), time.process_time()
for path in paths:
    ready(path)
seconds = time.perf_counter() - start
processor = time.process_time() - spent
print(json.dumps({{"librosa": librosa.__version__, "seconds": seconds, "processor": processor}}))
"""


def main() -> None:
    """Measure each kind of file and write the result."""
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        kinds = {kind: compared(Path(folder), kind, options) for kind in KINDS}
    result = {
        "question": __doc__.splitlines()[0],
        "machine": machine.facts(),
        "files": options.files,
        "seconds_each": options.seconds,
        "workers": options.workers,
        "rounds": options.rounds,
        "kinds": kinds,
    }
    is_compared = all("ratio" in measured for measured in kinds.values())
    if is_compared and not options.dry:
        records.save("preparation_speed", result)
    print(json.dumps(result, indent=2))


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--python", default=sys.executable, help="An interpreter with librosa.")
    parser.add_argument("--dry", action="store_true", help="Write no record.")
    return parser.parse_args()


def compared(folder: Path, kind: str, options: argparse.Namespace) -> dict[str, Any]:
    """Both ways in turn."""
    sounds = folder / kind
    write_sounds(sounds, kind, options.files, options.seconds)
    minutes = options.files * options.seconds / 60.0
    ours, theirs, release = [], [], ""
    for _ in range(options.rounds):
        ours.append(prepared(sounds, options.workers).per(minutes))
        loop, release = librosa_loop(sounds, options.python)
        if loop is not None:
            theirs.append(loop.per(minutes - options.seconds / 60.0))
    own = median(ours)
    measured: dict[str, Any] = {"prepare": own.described()}
    if theirs:
        other = median(theirs)
        least = least_milliseconds(min(sounds.iterdir()), options.seconds)
        measured |= {
            "librosa": {"version": release, **other.described()},
            "ratio": round(other.seconds / own.seconds, 2),
            "ratios": [round(b.seconds / a.seconds, 2) for a, b in zip(ours, theirs, strict=True)],
            "ratio_by_processor_time": round(options.workers * other.processor / own.processor, 2),
            "least_milliseconds_a_minute": least,
            "limit": round(options.workers * 1e3 * other.processor / sum(least.values()), 2),
        }
    shutil.rmtree(sounds)
    return measured


class Spent(NamedTuple):
    """Time by the clock, and of the processor in all processes."""

    seconds: float
    processor: float

    def per(self, minutes: float) -> "Spent":
        """For a minute of sound."""
        return Spent(self.seconds / minutes, self.processor / minutes)

    def described(self) -> dict[str, float]:
        """As a speed, and what a minute of sound costs."""
        return {
            "hours_per_minute": round(1.0 / self.seconds, 2),
            "processor_milliseconds_a_minute": round(1e3 * self.processor, 1),
        }


def median(spent: list[Spent]) -> Spent:
    """The median of each time."""
    return Spent(*(statistics.median(times) for times in zip(*spent, strict=True)))


def write_sounds(folder: Path, kind: str, files: int, seconds: float) -> None:
    """Another sound for each file."""
    folder.mkdir()
    paths = [folder / f"{number:04}.{kind}" for number in range(files)]
    with ProcessPoolExecutor() as pool:
        list(pool.map(write_sound, paths, range(files), [seconds] * files))


def write_sound(path: Path, seed: int, seconds: float) -> None:
    """Notes that swell and fade over a little noise."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    draw = np.random.default_rng(seed)
    audio = 0.01 * draw.standard_normal((len(time_s), 2))
    for hz in 110.0 * 2.0 ** (draw.integers(0, 36, 4) / 12.0):
        swell = np.sin(np.pi * ((time_s * draw.uniform(0.3, 2.0)) % 1.0))
        audio += (0.1 * swell * np.sin(2.0 * np.pi * hz * time_s))[:, None]
    soundfile.write(path, audio, RATE)


def prepared(sounds: Path, workers: int) -> Spent:
    """What `prepare` takes."""
    output = sounds.with_name("set")
    command = [
        *(sys.executable, "-m", "whisperwave", "prepare", str(sounds), "--output", str(output)),
        *("--rate", str(TARGET), "--workers", str(workers)),
    ]
    start, spent = time.perf_counter(), of_children()
    subprocess.run(command, check=True, capture_output=True)
    taken = Spent(time.perf_counter() - start, of_children() - spent)
    shutil.rmtree(output)
    return taken


def of_children() -> float:
    """Processor time of all processes that were started from here and have ended."""
    times = os.times()
    return times.children_user + times.children_system


def librosa_loop(sounds: Path, python: str) -> tuple[Spent | None, str]:
    """What librosa takes for all files but the first, which warms it up; and its release."""
    paths = json.dumps([str(path) for path in sorted(sounds.iterdir())])
    command = [python, "-c", LOOP.format(target=TARGET)]
    ran = subprocess.run(command, input=paths, capture_output=True, text=True, check=True)
    answer = json.loads(ran.stdout)
    if answer is None:
        return None, ""
    return Spent(answer["seconds"], answer["processor"]), answer["librosa"]


def least_milliseconds(path: Path, seconds: float) -> dict[str, float]:
    """What no way to prepare can do without, for a minute of sound; the best of several times."""
    content = path.read_bytes()
    mono = np.ascontiguousarray(soundfile.read(path, dtype="float32")[0][:, 0])
    kind = "float32" if path.suffix == ".mp3" else "int16"
    parts: dict[str, Callable[[], object]] = {
        "decode": lambda: soundfile.read(io.BytesIO(content), dtype=kind),
        "digest": lambda: hashlib.sha256(content).digest(),
        "resample": lambda: resample(mono, RATE, TARGET),
    }
    best = {name: min(timed(part) for _ in range(9)) for name, part in parts.items()}
    return {name: round(1e3 * spent * 60.0 / seconds, 1) for name, spent in best.items()}


def timed(work: Callable[[], object]) -> float:
    """Seconds of processor time that something takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main()
