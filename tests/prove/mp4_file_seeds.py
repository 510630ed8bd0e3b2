"""MP4 and M4A files in every form that the library reads, where ffmpeg is here to make them.

The promise is the length of the sound track as its media header has it, read here by searching for
the names of boxes, so that the library's own way through them is not judged by itself.
"""

import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
from audio_file_seeds import Seed

RATE, FRAMES = 16_000, 24_000
# As many frames as encoders put around a sound; within that, MP4 says no length exactly.
TOLERANCE = 5_000
_FORMS = {
    "AAC": ("sound.m4a", "-c:a", "aac"),
    "AAC, header first": ("sound.m4a", "-c:a", "aac", "-movflags", "+faststart"),
    "AAC in fragments": ("sound.mp4", "-c:a", "aac", "-movflags", "+frag_keyframe+empty_moov"),
    "ALAC": ("sound.m4a", "-c:a", "alac", "-movflags", "+faststart"),
    "FLAC": ("sound.mp4", "-c:a", "flac", "-strict", "experimental"),
    "Opus, two channels": ("sound.mp4", "-c:a", "libopus", "-ac", "2"),
}


@cache
def mp4_seeds() -> tuple[Seed, ...]:
    """The files that are damaged; none where there is no ffmpeg."""
    if shutil.which("ffmpeg") is None:
        return ()
    with tempfile.TemporaryDirectory() as folder:
        return tuple(_made(Path(folder), name, *words) for name, words in _FORMS.items())


def _made(folder: Path, name: str, file: str, *options: str) -> Seed:
    noise = np.random.default_rng(FRAMES).standard_normal(FRAMES)
    sound = 0.2 * np.sin(np.arange(FRAMES) * 0.17) + 0.02 * noise
    soundfile.write(folder / "sound.wav", sound, RATE)
    command = ["ffmpeg", "-y", "-loglevel", "error", "-i", folder / "sound.wav", *options]
    subprocess.run([*command, "-fflags", "+bitexact", folder / file], check=True)
    content = (folder / file).read_bytes()
    return Seed("MP4", name, content, FRAMES, mp4_promise, TOLERANCE, clock_hz=RATE)


def mp4_promise(content: bytes) -> int | None:
    """The length by the first media header, at `RATE`; None where it says none (fragments)."""
    at = content.find(b"mdhd")
    if at < 0 or at + 32 > len(content):
        return None
    offset, width = (24, 8) if content[at + 4] == 1 else (16, 4)
    timescale = int.from_bytes(content[at + offset : at + offset + 4])
    duration = int.from_bytes(content[at + offset + 4 : at + offset + 4 + width])
    return duration * RATE // timescale or None if timescale else None
