"""Widening: two channels and the top octaves, for a piece that a model played in one channel.

The network plays the mid channel up to its own Nyquist frequency. What lies above is noise, and the
side channel is made of echoes of the mid; both are held to the outline of the very moments of the
picks that the piece is made of, so they come and go with it, and are as wide and as bright as the
picks are. After M. Dietz and others, "Spectral band replication" (AES 112, 2002), and J. Breebaart
and others, "Parametric coding of stereo audio" (EURASIP JASP 2005), with a filter in place of bits.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.decorrelation import decorrelated
from whisperwave.dsp.features.mel import mel_controls
from whisperwave.dsp.resampling import resample
from whisperwave.dsp.shaping import hold_to_outline
from whisperwave.dsp.spectra import hz_to_mel, mel_to_hz

Floats = NDArray[np.float32]

TIMES = 3  # the rate of the wide sound over the model's: 48 kHz of 16
BANDS = 96
_NOISE_LEVEL = 0.01
_AIR = 0xA1  # the stream of the noise that becomes the top
_SPAN, _MARGIN = 2048, 64  # frames done at once, and those heard on both sides
_BLOCK = 1 << 16  # samples of noise drawn at once


def wide_outline(stereo: Floats, sample_rate: int, hop_length: int) -> Floats:
    """How loud mid and side are, ``[2, T]`` left and right to ``[2 * BANDS, F]``."""
    mid_and_side = (stereo[0] + stereo[1]) / 2.0, (stereo[0] - stereo[1]) / 2.0
    rows = [mel_controls(each, sample_rate, BANDS, hop_length) for each in mid_and_side]
    return np.concatenate(rows)


def widened(audio: Floats, outline: Floats, sample_rate: int, hop_length: int, seed: int) -> Floats:
    """The piece ``[T]`` as left and right, ``[2, TIMES * T]`` at ``TIMES`` its rate.

    Done span by span, so that an hour needs little more memory than it takes itself.

    Args:
        audio: what the model played, held to its outline.
        outline: `wide_outline` of the same moments, ``[2 * BANDS, F]``.
        sample_rate: of ``audio``, in Hz.
        hop_length: samples of ``audio`` in a frame.
        seed: of the piece.
    """
    wide = np.empty((2, TIMES * len(audio)), np.float32)
    for first in range(0, -(-len(audio) // hop_length), _SPAN):
        start, stop = max(0, first - _MARGIN), first + _SPAN + _MARGIN
        heard = audio[start * hop_length : stop * hop_length]
        wanted = outline[:, np.minimum(np.arange(start, stop + 1), outline.shape[1] - 1)]
        span = _Span(sample_rate, hop_length, start * hop_length * TIMES, seed)
        kept = wide[:, first * hop_length * TIMES : (first + _SPAN) * hop_length * TIMES]
        begin = (first - start) * hop_length * TIMES
        kept[:] = span.widened(heard, wanted)[:, begin : begin + kept.shape[1]]
    return wide


@dataclass(frozen=True)
class _Span:
    """Part of a piece, from sample ``start`` of the wide sound on."""

    low_rate: int
    hop_length: int
    start: int
    seed: int

    def widened(self, audio: Floats, outline: Floats) -> Floats:
        """Left and right of the span."""
        rate, hop = TIMES * self.low_rate, TIMES * self.hop_length
        mid_outline, side_outline = np.split(outline, 2)
        full = resample(audio, self.low_rate, rate) + self._air(TIMES * len(audio), rate)
        lowest = _first_band_above(self.low_rate / 2.0, rate)
        mid = hold_to_outline(full, mid_outline, rate, hop, lowest)
        side = hold_to_outline(decorrelated(mid, rate), side_outline, rate, hop)
        return np.stack([mid + side, mid - side])

    def _air(self, samples: int, rate: int) -> Floats:
        """Noise above what the lower rate can hold, ``[samples]``."""
        white = _white(self.seed, self.start, samples)
        low = resample(resample(white, rate, self.low_rate), self.low_rate, rate)
        return white - low[:samples]


def _white(seed: int, start: int, samples: int) -> Floats:
    """Noise by its place, so that spans that overlap hear the same, ``[samples]``."""
    first, last = start // _BLOCK, (start + samples) // _BLOCK
    blocks = [
        np.random.default_rng((seed, _AIR, block)).standard_normal(_BLOCK, np.float32)
        for block in range(first, last + 1)
    ]
    begin = start - first * _BLOCK
    return np.float32(_NOISE_LEVEL) * np.concatenate(blocks)[begin : begin + samples]


def _first_band_above(frequency_hz: float, sample_rate: int) -> int:
    """The first mel band whose middle lies above a frequency, or nearly so."""
    mels = np.linspace(0.0, hz_to_mel(sample_rate / 2.0), BANDS + 2)
    return int(np.searchsorted(mel_to_hz(mels[1:-1]), 0.96 * frequency_hz))
