import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import soundfile

from whisperwave.library import Library, open_library

RATE = 16000


def tone(frequency_hz: float, seconds: float = 0.5, channels: int = 1) -> np.ndarray:
    """A quiet sine ``[T, C]``, as files have it."""
    times = np.arange(int(RATE * seconds)) / RATE
    return np.repeat(0.1 * np.sin(2 * np.pi * frequency_hz * times)[:, None], channels, axis=1)


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
