"""Does the model repeat its training material? The largest correlation of any half second.

Beside it stands what real clips of the same style, never trained on, reach: two strokes of one bell
correlate, whoever rang them.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets.sounds import sound_files
from whisperwave.dsp.resampling import resample
from whisperwave.errors import AudioError
from whisperwave.library import decode
from whisperwave.reports.metrics import largest_correlation

Floats = NDArray[np.float32]

WINDOW_SECONDS = 0.5
WINDOWS_PER_SOUND = 4  # the loudest ones; silence correlates with nothing


def training_material(folder: Path, style: str, sample_rate: int) -> Floats:
    """All the sounds in the sub-folder named like the style, one after the other.

    Raises:
        AudioError: there is no such sub-folder, or no sound in it.
    """
    paths = sound_files(folder / style)
    if not paths:
        raise AudioError("NO_SOUNDS", f"{str(folder / style)!r} holds no sound.",
                         "Give the folder that the model was trained on.")  # fmt: skip
    sounds = (decode(path) for path in paths)
    return np.concatenate(
        [resample(each.samples.mean(axis=0), each.sample_rate, sample_rate) for each in sounds]
    )


def recall(sounds: Sequence[Floats], material: Floats, sample_rate: int) -> float:
    """The largest correlation of a loud half second of any of ``sounds`` with ``material``."""
    windows = np.concatenate([_loudest(audio, sample_rate) for audio in sounds])
    return largest_correlation(windows, material)


def _loudest(audio: Floats, sample_rate: int) -> Floats:
    length = round(WINDOW_SECONDS * sample_rate)
    windows = audio[: len(audio) // length * length].reshape(-1, length)
    order = np.argsort(-np.sum(np.square(windows), axis=-1), kind="stable")
    return windows[np.sort(order[:WINDOWS_PER_SOUND])]
