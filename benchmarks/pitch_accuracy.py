"""How right is our pitch extractor, against swift-f0 and pYIN, on tones of known pitch?

    python benchmarks/pitch_accuracy.py --python PATH

Every method hears the same sounds at 16 kHz: ten kinds, each at eleven pitches from 50 to 2000 Hz,
two seconds long (`pitched_sounds`). Ours is the streaming extractor of ``--features f0``, with a
frame each 10 ms; swift-f0 and librosa's pYIN have their defaults, told the same range (45 to 2100
Hz) where they take one. A frame counts as voiced where the method says so (swift-f0: confidence of
0.5 or more, as it advises). Speed is sound over processor time, one thread, after a first sound
that is not timed. Neither is a dependency: ``--python`` names an interpreter that has both, and
without one ours stands alone and no record is written.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

import records
from pitched_sounds import CASES, Sound, Track, judge
from pitched_sounds.cases import RATE, SECONDS
from pitched_sounds.columns import COLUMNS, SPEED
from whisperwave.benchmarks.measuring import machine, tables
from whisperwave.dsp.features.f0 import HIGHEST_HZ, LOWEST_HZ, extractor

HOP = 160

PEERS = """
import json, sys, time
import numpy as np
sounds = np.load(sys.argv[1]).astype(np.float32)
rate, lowest, highest = {rate}, {lowest}, {highest}

def swift():
    import swift_f0
    detector = swift_f0.SwiftF0(threads=1)
    def track(audio):
        found = detector.detect(audio, rate, fmin=max(lowest, 46.875), fmax=min(highest, 2093.75))
        return found.timestamps, found.pitch_hz, found.confidence >= 0.5
    return swift_f0.__version__, track

def pyin():
    import librosa
    def track(audio):
        f0, voiced, _ = librosa.pyin(audio, fmin=lowest, fmax=highest, sr=rate)
        return librosa.times_like(f0, sr=rate), np.nan_to_num(f0), voiced
    return librosa.__version__, track

said = {{}}
for name, make in (("swift-f0", swift), ("pYIN (librosa)", pyin)):
    try:
        version, track = make()
    except ImportError:
        continue
    track(sounds[0])
    start = time.process_time()
    tracks = [track(audio) for audio in sounds]
    seconds = time.process_time() - start
    said[name] = {{"version": version, "seconds": seconds,
                  "tracks": [[np.asarray(part, float).tolist() for part in t] for t in tracks]}}
print(json.dumps(said))
"""


def main() -> None:
    """Measure every method on every kind of sound, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="Has swift-f0 and librosa.")
    parser.add_argument("--dry", action="store_true", help="Write no record.")
    options = parser.parse_args()
    sounds = [list(case.sounds()) for case in CASES]
    every = [sound for kind in sounds for sound in kind]
    methods = {"WhisperWave": ours(every), **peers(every, options.python)}
    result = {
        "question": __doc__.splitlines()[0],
        "machine": machine.facts(),
        "methods": [
            {"method": name, "version": said["version"],
             "real_time": round(len(every) * SECONDS / said["seconds"], 1)}
            for name, said in methods.items()
        ],
        "rows": rows(sounds, {name: said["tracks"] for name, said in methods.items()}),
    }  # fmt: skip
    if len(methods) > 1 and not options.dry:
        records.save("pitch_accuracy", result)
    print(tables.aligned((tables.text("sounds", "case"), *COLUMNS), result["rows"]))
    print(tables.aligned(SPEED, result["methods"]))


def rows(sounds: Sequence[Sequence[Sound]], tracks: dict[str, list[Track]]) -> list[dict[str, Any]]:
    """One for each kind of sound and method, and for all kinds together."""
    made = []
    starts = np.cumsum([0, *(len(kind) for kind in sounds)])
    kinds = [
        (case.name, range(a, b)) for case, a, b in zip(CASES, starts, starts[1:], strict=False)
    ]
    every = [sound for kind in sounds for sound in kind]
    for name, places in [*kinds, ("all of them", range(len(every)))]:
        for method, own in tracks.items():
            verdict = judge([every[n] for n in places], [own[n] for n in places])
            measures = asdict(verdict)
            rounded = {k: None if v is None else round(v, 4) for k, v in measures.items()}
            made.append({"case": name, "method": method, **rounded})
    return made


def ours(sounds: Sequence[Sound]) -> dict[str, Any]:
    """What our extractor says, and how long it took."""
    extract = extractor(RATE, HOP)
    extract(sounds[0].audio)
    start = time.process_time()
    found = [extract(sound.audio) for sound in sounds]
    seconds = time.process_time() - start
    tracks = [
        Track(np.arange(f0.shape[1]) * HOP / RATE, f0[0].astype(np.float64), f0[2] > 0.5)
        for f0 in found
    ]
    return {"version": "", "seconds": seconds, "tracks": tracks}


def peers(sounds: Sequence[Sound], python: str) -> dict[str, dict[str, Any]]:
    """The same of the others, as far as that interpreter has them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sounds.npy"
        np.save(path, np.stack([sound.audio for sound in sounds]))
        program = PEERS.format(rate=RATE, lowest=LOWEST_HZ, highest=HIGHEST_HZ)
        ran = subprocess.run(
            [python, "-c", program, str(path)], capture_output=True, text=True, check=True
        )
    said: dict[str, dict[str, Any]] = json.loads(ran.stdout)
    for one in said.values():
        one["tracks"] = [
            Track(np.array(seconds), np.array(f0_hz), np.array(voiced) > 0.5)
            for seconds, f0_hz, voiced in one["tracks"]
        ]
    return said


if __name__ == "__main__":
    main()
