import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import soundfile

from whisperwave.errors import AudioError
from whisperwave.library import Library, decode, open_library

RATE = 16000


def tone(frequency_hz: float, seconds: float = 0.5, channels: int = 1) -> np.ndarray:
    """A quiet sine ``[T, C]``, as files have it."""
    times = np.arange(int(RATE * seconds)) / RATE
    return np.repeat(0.1 * np.sin(2 * np.pi * frequency_hz * times)[:, None], channels, axis=1)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes bytes to a file and returns its path."""

    def to_file(content: bytes, name: str = "sound.wav") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return to_file


@pytest.fixture
def sound(tmp_path: Path) -> Callable[..., Path]:
    """Writes half a second of noise, or what it is given, and returns the path."""

    def to_file(name: str, samples: np.ndarray | None = None, **options: object) -> Path:
        path = tmp_path / name
        noise = np.random.default_rng(7).uniform(-0.5, 0.5, (8000, 1))
        soundfile.write(path, noise if samples is None else samples, RATE, **options)
        return path

    return to_file


@pytest.fixture
def refused() -> Callable[..., AudioError]:
    """Checks that decoding fails with a code, says some words and gives a remedy, on one line."""

    def check(path: Path, code: str, words: str = "", **options: object) -> AudioError:
        with pytest.raises(AudioError) as caught:
            decode(path, **options)
        error = caught.value
        assert error.code == code
        assert words in error.message
        assert error.remedy
        assert str(error).isprintable()
        return error

    return check


@pytest.fixture
def make_sound(tmp_path: Path) -> Callable[..., Path]:
    """Writes ``name`` with a tone of its own, and returns its path."""

    def make(name: str, frequency_hz: float = 440.0, **options: str) -> Path:
        path = tmp_path / name
        soundfile.write(path, tone(frequency_hz), RATE, **options)
        return path

    return make


@pytest.fixture
def starter_folder(tmp_path: Path) -> Path:
    """A starter library of three clips."""
    folder = tmp_path / "starter"
    (folder / "clips").mkdir(parents=True)
    entries = []
    for number, style in enumerate(("rain", "sea", "fire"), start=1):
        path = folder / "clips" / f"{style}-1.ogg"
        soundfile.write(path, tone(100.0 * number, channels=2), RATE)
        entries.append(
            {
                "file": f"clips/{style}-1.ogg",
                "title": f"A quiet {style}",
                "style": style,
                "licence": "Apache-2.0",
                "provenance": "A sine, made for a test.",
                "sha256": sha256(path.read_bytes()).hexdigest(),
                "seconds": 0.5,
                "sample_rate": RATE,
                "channels": 2,
            }
        )
    (folder / "catalogue.json").write_text(json.dumps({"version": 1, "clips": entries}))
    return folder


@pytest.fixture
def library(tmp_path: Path, starter_folder: Path) -> Iterator[Library]:
    """A library with the starter clips, numbers 1 to 3."""
    with open_library(tmp_path / "data", starter_folder) as opened:
        yield opened
