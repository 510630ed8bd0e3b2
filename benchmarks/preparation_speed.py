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
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from measuring import machine, records
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
    ours, loops = [], []
    for _ in range(options.rounds):
        ours.append(options.files * options.seconds / prepared(sounds, options.workers))
        loop = librosa_loop(sounds, options.python)
        if loop is not None:
            loops.append(loop)
    theirs = [loop["files"] * options.seconds / loop["seconds"] for loop in loops]
    measured: dict[str, Any] = {"prepare_hours_per_minute": hours_per_minute(ours)}
    if loops:
        least = least_seconds(min(sounds.iterdir()), options.seconds)
        limit = options.workers / sum(least.values()) / statistics.median(theirs)
        measured |= {
            "librosa": loops[0]["librosa"],
            "librosa_hours_per_minute": hours_per_minute(theirs),
            "ratio": round(statistics.median(ours) / statistics.median(theirs), 2),
            "ratios": [round(own / other, 2) for own, other in zip(ours, theirs, strict=True)],
            "milliseconds_per_minute": {k: round(60e3 * v, 1) for k, v in least.items()},
            "limit": round(limit, 2),
        }
    shutil.rmtree(sounds)
    return measured


def hours_per_minute(speeds: list[float]) -> float:
    """Of speeds as multiples of real time, the median in hours a minute."""
    return round(statistics.median(speeds) / 60.0, 2)


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


def prepared(sounds: Path, workers: int) -> float:
    """How many seconds `prepare` takes."""
    output = sounds.with_name("set")
    command = [
        *(sys.executable, "-m", "whisperwave", "prepare", str(sounds), "--output", str(output)),
        *("--rate", str(TARGET), "--workers", str(workers)),
    ]
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    elapsed = time.perf_counter() - start
    shutil.rmtree(output)
    return elapsed


def librosa_loop(sounds: Path, python: str) -> dict[str, Any] | None:
    """How long librosa takes for all files but the first, which warms it up; None without it."""
    paths = json.dumps([str(path) for path in sorted(sounds.iterdir())])
    command = [python, "-c", LOOP.format(target=TARGET)]
    ran = subprocess.run(command, input=paths, capture_output=True, text=True, check=True)
    answer: dict[str, Any] | None = json.loads(ran.stdout)
    return answer


def least_seconds(path: Path, seconds: float) -> dict[str, float]:
    """What no way to prepare can do without, per second of sound, the best of several times."""
    content = path.read_bytes()
    audio = soundfile.read(path, dtype="float32")[0]
    mono = np.ascontiguousarray(audio[:, 0])
    parts: dict[str, Callable[[], object]] = {
        "decode": lambda: soundfile.read(
            path, dtype="int16" if path.suffix != ".mp3" else "float32"
        ),
        "digest": lambda: hashlib.sha256(content).digest(),
        "resample": lambda: resample(mono, RATE, TARGET),
    }
    return {name: min(timed(part) for _ in range(7)) / seconds for name, part in parts.items()}


def timed(work: Callable[[], object]) -> float:
    """Seconds of processor time that something takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main()
