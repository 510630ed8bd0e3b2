"""Filters that change from frame to frame, and the one that holds a sound to a mel outline."""

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.features.mel import SPAN_DB, mel_controls, mel_window_length
from whisperwave.dsp.spectra import hann_window, mel_filterbank

Floats = NDArray[np.float32]

LOUDER_DB, SOFTER_DB = 20.0, 60.0  # the most that a band is raised or lowered in one pass
PASSES = 3  # neighbouring bands and frames overlap, so a correction is never right at once
_CHUNK = 2048  # frames transformed at once: memory stays flat however long the sound
_MARGIN = 32  # frames on both sides of a chunk, more than all passes together can feel


def filter_frames(audio: Floats, gains: Floats, window_length: int, hop_length: int) -> Floats:
    """Filter a sound ``[T]`` by ``gains`` ``[window_length // 2 + 1, F]``, frame by frame.

    Frames are those of `whisperwave.dsp.spectra.stft_power`; they are windowed before and after
    filtering and added up, so that gains of 1 leave the sound as it was.
    """
    half, count = window_length // 2, gains.shape[1]
    window = hann_window(window_length)
    squared = window**2
    padded = np.pad(np.asarray(audio, np.float64), (half, window_length))
    filtered, weight = np.zeros((2, max(len(padded), (count - 1) * hop_length + window_length)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window_length)[::hop_length]
    spectra = np.fft.rfft(frames[:count] * window, axis=-1)
    shaped = np.fft.irfft(spectra * gains.T, window_length, axis=-1)
    for index, frame in enumerate(shaped):
        place = slice(index * hop_length, index * hop_length + window_length)
        filtered[place] += frame * window
        weight[place] += squared
    inside = slice(half, half + len(audio))
    return np.asarray(filtered[inside] / np.maximum(weight[inside], 1e-3), np.float32)


def hold_to_outline(
    audio: Floats, outline: Floats, sample_rate: int, hop_length: int, lowest: int = 0
) -> Floats:
    """Give a sound ``[T]`` the mel outline ``[K, F]`` that it should have.

    What the outline does not say (phases, the grain of noise, pitch within a band) stays the
    sound's own. Where the outline ends before the sound does, its last frame goes on.
    Bands below ``lowest`` are left as they are.
    """
    held = np.empty(len(audio), np.float32)
    frames = -(-len(audio) // hop_length)
    for first in range(0, frames, _CHUNK):
        start, stop = max(0, first - _MARGIN), min(frames, first + _CHUNK + _MARGIN)
        heard = audio[start * hop_length : stop * hop_length]
        wanted = outline[:, np.minimum(np.arange(start, stop + 1), outline.shape[1] - 1)]
        shaped = _held(heard, wanted, sample_rate, hop_length, lowest)
        kept = slice(first * hop_length, (first + _CHUNK) * hop_length)
        held[kept] = shaped[(first - start) * hop_length :][: len(held[kept])]
    return held


def _held(audio: Floats, outline: Floats, sample_rate: int, hop_length: int, lowest: int) -> Floats:
    window_length = mel_window_length(sample_rate)
    spread = _spread(sample_rate, window_length, len(outline))
    for _ in range(PASSES):
        heard = mel_controls(audio, sample_rate, len(outline), hop_length)
        lacking_db = SPAN_DB * (outline[:, : heard.shape[1]] - heard)
        lacking_db[:lowest] = 0.0
        gains_db = spread @ np.clip(lacking_db, -SOFTER_DB, LOUDER_DB)
        audio = filter_frames(audio, 10.0 ** (gains_db / 20.0), window_length, hop_length)
    return audio


def _spread(sample_rate: int, window_length: int, bands: int) -> NDArray[np.float64]:
    """From a gain for each band to a gain for each bin, ``[window_length // 2 + 1, bands]``."""
    bank = mel_filterbank(sample_rate, window_length, bands).astype(np.float64).T
    bank = bank / bank.max(axis=0)
    bank[0, 0] = bank[-1, -1] = 1.0  # beyond the outermost bands, theirs
    return np.asarray(bank / bank.sum(axis=1, keepdims=True))
