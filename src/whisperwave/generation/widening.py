"""Widening: two channels and the top octaves, for a piece that a model played in one channel.

The network plays the mid channel up to its own Nyquist frequency. What lies above is noise, and the
side channel is made of echoes of the mid; both are held to the outline of the very moments of the
picks that the piece is made of, so they come and go with it, and are as wide and as bright as the
picks are. After M. Dietz and others, "Spectral band replication" (AES 112, 2002), and J. Breebaart
and others, "Parametric coding of stereo audio" (EURASIP JASP 2005), with a filter in place of bits.
"""

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


def wide_outline(stereo: Floats, sample_rate: int, hop_length: int) -> Floats:
    """How loud mid and side are, ``[2, T]`` left and right to ``[2 * BANDS, F]``."""
    mid_and_side = (stereo[0] + stereo[1]) / 2.0, (stereo[0] - stereo[1]) / 2.0
    rows = [mel_controls(each, sample_rate, BANDS, hop_length) for each in mid_and_side]
    return np.concatenate(rows)


def widened(audio: Floats, outline: Floats, sample_rate: int, hop_length: int, seed: int) -> Floats:
    """The piece ``[T]`` as left and right, ``[2, TIMES * T]`` at ``TIMES`` its rate.

    Args:
        audio: what the model played, held to its outline.
        outline: `wide_outline` of the same moments, ``[2 * BANDS, F]``.
        sample_rate: of ``audio``, in Hz.
        hop_length: samples of ``audio`` in a frame.
        seed: of the piece.
    """
    rate, hop = TIMES * sample_rate, TIMES * hop_length
    mid_outline, side_outline = np.split(outline, 2)
    full = resample(audio, sample_rate, rate) + _air(TIMES * len(audio), sample_rate, rate, seed)
    mid = hold_to_outline(full, mid_outline, rate, hop, _first_band_above(sample_rate / 2.0, rate))
    side = hold_to_outline(decorrelated(mid, rate), side_outline, rate, hop)
    return np.stack([mid + side, mid - side])


def _air(samples: int, low_rate: int, rate: int, seed: int) -> Floats:
    """Noise above what the lower rate can hold, ``[samples]``."""
    draw = np.random.default_rng((seed, _AIR))
    white = _NOISE_LEVEL * draw.standard_normal(samples, np.float32)
    return white - resample(resample(white, rate, low_rate), low_rate, rate)[:samples]


def _first_band_above(frequency_hz: float, sample_rate: int) -> int:
    """The first mel band whose middle lies above a frequency, or nearly so."""
    mels = np.linspace(0.0, hz_to_mel(sample_rate / 2.0), BANDS + 2)
    return int(np.searchsorted(mel_to_hz(mels[1:-1]), 0.96 * frequency_hz))
