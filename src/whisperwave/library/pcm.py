"""Samples that stand in a WAV file as they are: nothing is decoded, so no decoder is asked.

The header has been checked against the file's length by `whisperwave.library.containers`; what is
left is to copy numbers, and the same things are found in them as the decoder process finds.
"""

import numpy as np

from whisperwave.library.audio import Block, Hear
from whisperwave.library.cell import Decoded
from whisperwave.library.containers.header import Pcm
from whisperwave.library.findings import MOST_VALUES, Findings

_BLOCK_FRAMES = 65_536


def read_pcm(
    content: bytes, pcm: Pcm, *, sample_rate: int, max_seconds: float, hear: Hear | None
) -> Decoded:
    """The samples of a WAV file whose data are plain numbers, as libsndfile has them."""
    most = min(int(max_seconds * sample_rate), MOST_VALUES // pcm.channels)
    frames = min(pcm.frames, most)
    findings = Findings(0)
    for start in range(0, frames, _BLOCK_FRAMES):
        block = _values(content, pcm, start, min(_BLOCK_FRAMES, frames - start))
        findings.update(block)
        if hear is not None:
            hear(block, sample_rate)
    return Decoded(
        sample_rate=sample_rate, channels=pcm.channels, error="",
        is_too_long=pcm.frames > most, **findings.as_mapping(),
    )  # fmt: skip


def _values(content: bytes, pcm: Pcm, start: int, frames: int) -> Block:
    """Some of the frames, ``[F, C]``: int16 where the file has them so, else floats."""
    width = pcm.bits // 8
    first = pcm.start + start * pcm.channels * width
    raw = np.frombuffer(content, np.uint8, frames * pcm.channels * width, first)
    by_frame = raw.reshape(frames, pcm.channels, width)
    if pcm.is_float:
        return raw.view(f"<f{width}").reshape(frames, -1).astype(np.float32, copy=False)
    if width == 1:
        return ((by_frame[..., 0].astype(np.int16) - 128) << 8).astype(np.int16)
    if width == 2:
        return raw.view("<i2").reshape(frames, -1).astype(np.int16, copy=False)
    wide = np.zeros((frames, pcm.channels, 4), np.uint8)
    wide[..., 4 - width :] = by_frame
    return wide.view("<i4")[..., 0].astype(np.float32) * np.float32(2.0**-31)
