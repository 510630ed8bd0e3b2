import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile

from whisperwave.errors import AudioError
from whisperwave.library.cell import DecoderCell

LIMITS = {"max_seconds": 60.0}


def flac(frames: int = 5000, channels: int = 2) -> bytes:
    file = io.BytesIO()
    noise = np.random.default_rng(frames).uniform(-0.5, 0.5, (frames, channels))
    soundfile.write(file, noise, 16000, format="FLAC")
    return file.getvalue()


def process_of(cell: DecoderCell) -> int:
    assert cell._process is not None
    return cell._process.pid


@pytest.fixture
def cell() -> Iterator[DecoderCell]:
    own = DecoderCell()
    yield own
    own.close()


def broken_cell(tmp_path: Path, body: str) -> DecoderCell:
    """A cell whose decoder does something else, as one that a hostile file took over would."""
    script = tmp_path / "broken.py"
    script.write_text(f"import os, signal, sys, time\n{body}\n")
    return DecoderCell((str(script),))


def test_samples_come_out_as_they_went_in(cell: DecoderCell) -> None:
    decoded = cell.decode(flac(), **LIMITS)
    expected, _ = soundfile.read(io.BytesIO(flac()), dtype="float32", always_2d=True)
    np.testing.assert_array_equal(decoded.samples, expected.T)
    assert decoded.peak == np.abs(expected).max()


def test_one_process_serves_many_files(cell: DecoderCell) -> None:
    cell.decode(flac(), **LIMITS)
    first = process_of(cell)
    for frames in (1, 4095, 4096, 4097, 10000):
        assert cell.decode(flac(frames), **LIMITS).samples.shape == (2, frames)
    assert process_of(cell) == first


def test_samples_stay_in_the_decoder_when_nobody_wants_them(cell: DecoderCell) -> None:
    decoded = cell.decode(flac(), wants_samples=False, **LIMITS)
    assert decoded.frames == 5000
    assert decoded.samples.size == 0


def test_a_killed_decoder_is_replaced(cell: DecoderCell) -> None:
    cell.decode(flac(), **LIMITS)
    first = process_of(cell)
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    assert cell.decode(flac(), **LIMITS).frames == 5000
    assert process_of(cell) != first


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "signal 11"),
        ("sys.stdin.buffer.read(100); os._exit(3)", "exit status 3"),
        ("sys.stdout.buffer.write(b'B' + (1000).to_bytes(8, 'little') + b'half')", "exit status 0"),
    ],
)
def test_a_crash_costs_one_file_and_says_how(tmp_path: Path, body: str, words: str) -> None:
    broken = broken_cell(tmp_path, body)
    with pytest.raises(AudioError, match=words) as error:
        broken.decode(flac(), **LIMITS)
    assert error.value.code == "DECODER_CRASHED"
    assert broken._process is None


def test_a_decoder_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whisperwave.library.cell._PATIENCE", 0.01)
    broken = broken_cell(tmp_path, "time.sleep(1000)")
    with pytest.raises(AudioError, match=r"not done after 0 s") as error:
        broken.decode(flac(), **LIMITS)
    assert error.value.code == "DECODER_TIMEOUT"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
def test_a_decoder_that_eats_memory_is_stopped(
    cell: DecoderCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whisperwave.library.cell._MEMORY_BYTES", 50_000_000)
    with pytest.raises(AudioError, match="DECODER_CRASHED"):
        cell.decode(flac(400_000), **LIMITS)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such limits")
def test_a_decoder_that_computes_too_long_is_stopped(
    cell: DecoderCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A day by the parent's clock: what must end the decoder is its own processor time, which on a
    # machine that is busy, or stands still for minutes, may take any time to pass.
    monkeypatch.setattr("whisperwave.library.cell._PATIENCE", -86_400)
    monkeypatch.setattr("whisperwave.library.cell._CPU_SECONDS", -1.0)
    monkeypatch.setattr("whisperwave.library.cell._CPU_SECONDS_PER_MINUTE", 0.0)
    content = flac(900_000, channels=8)  # longer than a tick of the clock

    def decode_for_seconds() -> None:
        for _ in range(1000):
            cell.decode(content, **LIMITS)

    with pytest.raises(AudioError, match="used up its processor time") as error:
        decode_for_seconds()
    assert error.value.code == "DECODER_TIMEOUT"


def test_an_interrupt_leaves_no_answer_for_the_next_file(
    cell: DecoderCell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("whisperwave.library.cell._collect", interrupted)
        with pytest.raises(KeyboardInterrupt):
            cell.decode(flac(100), **LIMITS)
    assert cell.decode(flac(200), **LIMITS).frames == 200


def test_threads_share_one_cell_without_mixing_answers(cell: DecoderCell) -> None:
    lengths = [100 + 37 * n for n in range(24)]
    with ThreadPoolExecutor(4) as pool:
        frames = list(pool.map(lambda n: cell.decode(flac(n), **LIMITS).frames, lengths))
    assert frames == lengths
    assert threading.active_count() < 10


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_decoder_is_confined(cell: DecoderCell) -> None:
    cell.decode(flac(), **LIMITS)
    limits = Path(f"/proc/{process_of(cell)}/limits").read_text()
    soft = {line[:26].strip(): line[26:].split()[0] for line in limits.splitlines()[1:]}
    assert soft["Max core file size"] == "0"
    assert soft["Max file size"] == "0"
    assert soft["Max processes"] == "0"
    assert 2**30 <= int(soft["Max address space"]) < 2**30 + 2**20
    assert int(soft["Max cpu time"]) < 60


def test_closing_ends_the_process(cell: DecoderCell) -> None:
    cell.decode(flac(), **LIMITS)
    pid = process_of(cell)
    cell.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
