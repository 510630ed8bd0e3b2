"""Pitch controls: which note a sound plays, how surely, and how loud, in numbers of about one.

What a synthesiser is played by, after J. Engel et al., "DDSP: differentiable digital signal
processing" (2020), section 3: fundamental frequency and loudness, frame by frame.
"""

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.features import f0, loudness

Floats = NDArray[np.float32]

NAME = "pitch"
CHANNELS = 3
MIDDLE_HZ, SPAN_OCTAVES = 220.0, 2.0
MIDDLE_DB, SPAN_DB = -40.0, 20.0

SETTINGS: dict[str, object] = {
    "rows": ["octaves", "confidence", "loudness"],
    "f0_window_seconds": f0.WINDOW_SECONDS,
    "loudness_window_seconds": loudness.WINDOW_SECONDS,
    "middle_hz": MIDDLE_HZ,
    "span_octaves": SPAN_OCTAVES,
    "middle_db": MIDDLE_DB,
    "span_db": SPAN_DB,
}  # what another program must know to make the same controls


def pitch_controls(audio: NDArray[np.floating], sample_rate: int, hop_length: int) -> Floats:
    """The pitch controls of a sound, ``[T]`` to float32 ``[3, 1 + T // hop_length]``."""
    pitch = f0.extractor(sample_rate, hop_length)(audio)
    level = loudness.extractor(sample_rate, hop_length)(audio)
    return controls_of(pitch, level)


def controls_of(pitch: Floats, level: Floats) -> Floats:
    """The controls of rows that `F0` [3, F] and `Loudness` [1, F] have made.

    Octaves from the middle are 0 where there is no pitch.
    """
    f0_hz, confidence, _ = pitch
    exists = f0_hz > 0.0
    octaves = np.where(exists, np.log2(np.where(exists, f0_hz, MIDDLE_HZ) / MIDDLE_HZ), 0.0)
    rows = [octaves / SPAN_OCTAVES, confidence, (level[0] - MIDDLE_DB) / SPAN_DB]
    return np.asarray(np.stack(rows), np.float32)
