"""How much memory does a scan take, of a thousand files and of a hundred thousand?

    python tests/prove/scan_of_many.py --files 100000 --json benchmarks/results/scan_scale.json

The files are tagged FLAC, in one folder, and one more at the end of a tree two hundred floors deep.
Each scan is a process of its own, whose greatest memory the system tells. It is then scanned again,
which must read nothing, and its listing read, whose memory is told beside.
"""

import argparse
import io
import json
import platform
import struct
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
from peaks import told_by

from whisperwave.library import durable

FLOORS = 200
FEW = 1000
MOST_GROWTH_MIB = 16

SCAN = """
import json, sys
from pathlib import Path
import peaks
from whisperwave.library.collections import Scan, scan
done = scan(Scan(Path(sys.argv[1]), Path(sys.argv[2])))
print(json.dumps({"read": done.read, "unchanged": done.unchanged, "listed": done.census["files"],
    "peak_mib": peaks.own_mib()}))
"""
READ = """
import json, sys
from pathlib import Path
import peaks
from whisperwave.library.listing import read_listing
items = len(read_listing(Path(sys.argv[2])).items)
print(json.dumps({"items": items, "peak_mib": peaks.own_mib()}))
"""


def tagged_flac() -> tuple[bytes, bytes]:
    """A FLAC file of a few samples, before and after its comments."""
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(160), 16000, format="FLAC")
    content = buffer.getvalue()
    return content[:42], content[42:]


def make(folder: Path, files: int) -> None:
    """So many files in one folder, and one far below."""
    before, after = tagged_flac()
    folder.mkdir()
    for number in range(files - 1):
        (folder / f"{number:06}.flac").write_bytes(before + comments(number) + after)
    deep = folder.joinpath(*["d"] * FLOORS)
    deep.mkdir(parents=True)
    (deep / "deep.flac").write_bytes(before + comments(files) + after)


def comments(number: int) -> bytes:
    """A block of Vorbis comments: an artist and a genre."""
    texts = [
        f"ARTIST=Artist {number % 5000}".encode(),
        b"GENRE=" + (b"Metalcore", b"Jazz")[number % 2],
    ]
    body = struct.pack("<II", 0, len(texts))
    body += b"".join(struct.pack("<I", len(text)) + text for text in texts)
    return b"\x04" + len(body).to_bytes(3) + body


def trial(parent: Path, files: int) -> dict[str, object]:
    """Scan twice, and read the listing."""
    music, listing = parent / f"{files}", parent / f"{files}.json"
    began = time.monotonic()
    make(music, files)
    sys.stderr.write(f"{files} files in {time.monotonic() - began:.0f} s\n")
    return {
        "files": files,
        "first": told_by(parent, SCAN, music, listing),
        "second": told_by(parent, SCAN, music, listing),
        "listing": told_by(parent, READ, music, listing),
    }


def faults(trials: list[dict[str, object]]) -> list[str]:
    """What is not as it must be."""
    found = []
    for one in trials:
        first, second = one["first"], one["second"]
        if (first["read"], first["listed"], second["read"]) != (one["files"], one["files"], 0):
            found.append(f"of {one['files']} files: {first}, {second}")
    growth = trials[-1]["first"]["peak_mib"] - trials[0]["first"]["peak_mib"]
    if growth > MOST_GROWTH_MIB:
        found.append(f"memory grew by {growth:.0f} MiB")
    return found


def main() -> int:
    """Measure few and many; the exit status is 1 if memory grew, or a file was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        trials = [trial(Path(name), files) for files in (min(FEW, options.files), options.files)]
    result = {
        "question": "How much memory does a scan take, of a thousand files and of many more?",
        "trials": trials,
        "floors": FLOORS,
        "failures": faults(trials),
        "python": platform.python_version(),
    }
    text = json.dumps(result, indent=2)
    if options.json:
        durable.write_bytes(options.json, text.encode() + b"\n")
    sys.stdout.write(text + "\n")
    return 1 if result["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
