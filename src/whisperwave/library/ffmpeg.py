"""What libsndfile does not read (MP4), made into WAV by the program ffmpeg, where it is installed.

It runs with limits, is told the container it must find, may open nothing but the one file, and what
it complains of is a fault of that file.
"""

import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass

from whisperwave.errors import AudioError
from whisperwave.library.display import stored

if sys.platform == "linux":
    import resource

_MEMORY_BYTES = 2 * 1024**3
_CPU_SECONDS, _CPU_SECONDS_PER_MINUTE = 30, 2
_PATIENCE = 4  # wall-clock seconds for each of processor time
_MOST_OUTPUT = 2 * 1024**3
_LONGEST_COMPLAINT = 200
_WHERE = re.compile(r"^\[[^\]]* @ 0x[0-9a-f]+\] *")


@dataclass(frozen=True)
class Converted:
    """A WAV file of 32-bit floats, and what ffmpeg complained of, if it did."""

    wav: bytes
    complaint: str


def is_here() -> bool:
    """Whether ffmpeg is installed."""
    return shutil.which("ffmpeg") is not None


def convert_mp4(content: bytes, max_seconds: float) -> Converted:
    """The first sound track of an MP4 file.

    Args:
        content: the file.
        max_seconds: a little more than this is converted at most.

    Raises:
        AudioError: ``NEEDS_FFMPEG``, ``DECODER_TIMEOUT`` or ``DECODER_CRASHED``.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        raise AudioError(
            "NEEDS_FFMPEG", "MP4 is decoded by ffmpeg, which is not installed.",
            "Install ffmpeg, or export the sound as FLAC.",
        )  # fmt: skip
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        file.write(content)
        file.flush()
        return _run(_command(program, file.name, max_seconds), max_seconds)


def _command(program: str, path: str, max_seconds: float) -> list[str]:
    return [
        *(program, "-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "1"),
        *("-protocol_whitelist", "file", "-f", "mov", "-i", f"file:{path}"),
        *("-map", "0:a:0", "-vn", "-sn", "-dn", "-t", str(max_seconds + 1.0)),
        *("-c:a", "pcm_f32le", "-f", "wav", "-bitexact", "pipe:1"),
    ]


def _run(command: list[str], max_seconds: float) -> Converted:
    allowance = _CPU_SECONDS + _CPU_SECONDS_PER_MINUTE * max_seconds / 60
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(  # noqa: S603 - a program of the system, our own words
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints, env={}
        ) as process,
    ):
        wav = _output(process, allowance)
        if process.returncode < 0:
            raise _failure(process.returncode)
        complaints.seek(0)
        return Converted(wav, _first_line(complaints.read(_LONGEST_COMPLAINT)))


def _first_line(complaints: bytes) -> str:
    """What it said first, without the place in memory where it said it."""
    lines = complaints.decode("utf-8", "replace").splitlines()
    return stored(_WHERE.sub("", lines[0])) if lines else ""


def _output(process: subprocess.Popen[bytes], allowance: float) -> bytes:
    """All that it writes, as far as it keeps within its limits."""
    _limit(process.pid, allowance)
    timer = threading.Timer(_PATIENCE * allowance, process.kill)
    timer.start()
    try:
        assert process.stdout  # noqa: S101 - a pipe by construction
        wav = process.stdout.read(_MOST_OUTPUT)
        process.stdout.close()
        process.wait()
        return wav
    finally:
        timer.cancel()
        process.kill()


def _limit(process: int, cpu_seconds: float) -> None:
    if sys.platform == "linux":
        most = int(cpu_seconds) + 1
        for limit, value in (
            (resource.RLIMIT_AS, _MEMORY_BYTES),
            (resource.RLIMIT_CPU, most),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.prlimit(process, limit, (value, value))


def _failure(status: int) -> AudioError:
    remedy = "The file is damaged or hostile; leave it out, or export it again."
    if -status in (signal.SIGKILL, getattr(signal, "SIGXCPU", signal.SIGTERM)):
        return AudioError("DECODER_TIMEOUT", "ffmpeg was not done in time.", remedy)
    return AudioError("DECODER_CRASHED", f"ffmpeg ended with signal {-status}.", remedy)
