"""Sound from the loudspeakers: by the `sounddevice` package, or by a player that the system has."""

import importlib
import importlib.util
import shutil
import subprocess
import tempfile
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np

from whisperwave.errors import OutputError
from whisperwave.library.audio import Audio

PLAYERS = ("pw-play", "aplay", "afplay")  # PipeWire, ALSA, macOS: each plays the WAV it is named
_FULL_SCALE = 32767.0


def play_aloud(audio: Audio) -> None:
    """Play a sound to its end.

    Raises:
        OutputError: ``NO_PLAYER``, nothing here can play; ``PLAYER_FAILED``, with what it said.
    """
    way_to_play()(audio)


def way_to_play() -> Callable[[Audio], None]:
    """What `play_aloud` will use here.

    Raises:
        OutputError: ``NO_PLAYER``.
    """
    if importlib.util.find_spec("sounddevice"):
        return _by_sounddevice
    for player in PLAYERS:
        found = shutil.which(player)
        if found:
            return lambda audio: _by_program(found, audio)
    raise OutputError(
        "NO_PLAYER",
        f"neither the package sounddevice nor {', '.join(PLAYERS)} is installed.",
        'Run `pip install "whisperwave[play]"`, or export the clip and play it elsewhere.',
    )


def _by_sounddevice(audio: Audio) -> None:
    try:
        # An extra, and it looks for devices when it is imported.
        sounddevice = importlib.import_module("sounddevice")
        sounddevice.play(audio.samples.T, audio.sample_rate, blocking=True)
    except Exception as error:  # PortAudio's errors have no common base
        raise _failed("sounddevice", str(error)) from error


def _by_program(player: str, audio: Audio) -> None:
    with tempfile.TemporaryDirectory(prefix="whisperwave-") as folder:
        path = Path(folder) / "clip.wav"
        _write_wav(path, audio)
        done = subprocess.run([player, str(path)], capture_output=True, text=True, check=False)  # noqa: S603 # a path that the system gave
    if done.returncode:
        raise _failed(Path(player).name, done.stderr.strip() or f"exit code {done.returncode}")


def _write_wav(path: Path, audio: Audio) -> None:
    clipped = np.clip(audio.samples.T, -1.0, 1.0)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(audio.channels)
        file.setsampwidth(2)
        file.setframerate(audio.sample_rate)
        file.writeframes(np.rint(clipped * _FULL_SCALE).astype("<i2").tobytes())


def _failed(player: str, what: str) -> OutputError:
    return OutputError(
        "PLAYER_FAILED", f"{player} could not play: {what}.",
        "Check that a loudspeaker is connected and not in use.",
    )  # fmt: skip
