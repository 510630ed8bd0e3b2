"""Any sound file to samples."""

from pathlib import Path

import numpy as np
import soundfile

from whisperwave.errors import AudioError
from whisperwave.library.audio import Audio


def decode(path: Path) -> Audio:
    """The samples of the sound file at ``path``."""
    try:
        frames, sample_rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise AudioError(
            "NOT_AUDIO", f"{str(path)!r} cannot be read: {error.error_string}", "Give a sound file."
        ) from error
    return Audio(np.ascontiguousarray(frames.T), int(sample_rate))
