"""However often generation is stopped, the output is the old file or the whole new one.

Half of the children get Ctrl-C (SIGINT), half are killed (SIGKILL), each at a random moment between
their start and a little after their end.
"""

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from whisperwave.library import durable

RESULT = Path(__file__).parents[2] / "benchmarks" / "results" / "interrupts.json"
OLD = b"what was there before"
TIMES = 200


@pytest.fixture
def start(model_path, own_clips, tmp_path):
    output = tmp_path / "calm.ogg"
    words = ["generate", "--input", *own_clips, "--output", str(output),
             "--model", str(model_path), "--seed", "1", "--seconds", "2"]  # fmt: skip

    def begin():
        output.write_bytes(OLD)
        command = [sys.executable, "-m", "whisperwave", *words]
        return output, subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: signal.signal(
                signal.SIGINT, signal.SIG_DFL
            ),  # if the shell's is not
        )

    return begin


def test_no_interruption_leaves_a_half_file(start):
    rng, ends = random.Random(1), Counter()
    began = time.monotonic()
    output, child = start()
    assert child.wait() == 0
    whole, usual_seconds = output.read_bytes(), time.monotonic() - began
    for turn in range(TIMES):
        blow = (signal.SIGINT, signal.SIGKILL)[turn % 2]
        output, child = start()
        time.sleep(rng.uniform(0.0, 1.2 * usual_seconds))
        child.send_signal(blow)
        child.wait()
        found = output.read_bytes()
        assert found in (OLD, whole)
        left = list(output.parent.glob(".*"))
        assert blow == signal.SIGKILL or not left
        assert durable.sweep(output.parent) == len(left)
        ends[f"{blow.name}: {'old file' if found == OLD else 'new file'}"] += 1
    report = {"interruptions": TIMES, "half_files": 0, "ends": dict(sorted(ends.items()))}
    durable.write_bytes(RESULT, json.dumps(report, indent=1).encode() + b"\n")
