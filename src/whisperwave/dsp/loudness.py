"""How loud is it? Integrated loudness and true peak after ITU-R BS.1770-4, at any sample rate.

The standard gives its K-weighting filter as coefficients for 48 kHz. The analogue filters behind
them (a high shelf and a high pass) are found by inverting the bilinear transform and are then
transformed again for the rate at hand, so that 16 kHz and 44.1 kHz measure what 48 kHz does.
"""

import math

import numpy as np
import soxr
from numpy.typing import NDArray

from whisperwave.dsp.filters import Biquad
from whisperwave.dsp.resampling import pieces
from whisperwave.errors import ConfigError

# The two analogue stages that give BS.1770's tables at 48 kHz to ten digits.
_SHELF_HZ, _SHELF_Q, _SHELF_DB = 1681.974450955533, 0.7071752369554196, 3.999843853973347
_SHELF_SLOPE = 0.4996667741545416
_HIGH_PASS_HZ, _HIGH_PASS_Q = 38.13547087602444, 0.5003270373238773

_BLOCK_SECONDS, _STEPS_PER_BLOCK = 0.4, 4
_ABSOLUTE_GATE_LUFS, _RELATIVE_GATE_LU = -70.0, -10.0
_OFFSET_DB = -0.691
_SURROUND_GAIN = 1.41
_PEAK_OVERSAMPLING = 8
_PEAK_MARGIN = 1 << 10


def integrated_lufs(audio: NDArray[np.floating], sample_rate: int) -> float:
    """The loudness of a whole programme, in LUFS.

    Blocks of 400 ms, overlapping by three quarters, are gated at -70 LUFS and then at 10 LU below
    the mean of those left. Sound shorter than one block is measured as one block.

    Args:
        audio: ``[T]`` or ``[C, T]``; one or two channels, or five as left, right, centre, left and
            right surround.
        sample_rate: in hertz.

    Returns:
        LUFS; ``-inf`` if every block lies below the absolute gate.
    """
    powers = _block_powers(_power(_channels_first(audio), sample_rate), sample_rate)
    powers = powers[_lufs(powers) > _ABSOLUTE_GATE_LUFS]
    if powers.size == 0:
        return -math.inf
    gate = _lufs(powers.mean()) + _RELATIVE_GATE_LU
    return float(_lufs(powers[_lufs(powers) > gate].mean()))


def true_peak_dbtp(audio: NDArray[np.floating], sample_rate: int) -> float:
    """The peak of the continuous signal behind the samples, in dB relative to full scale.

    Args:
        audio: ``[T]`` or ``[C, T]``.
        sample_rate: in hertz; the signal is examined at eight times this rate.

    Returns:
        dBTP over all channels; ``-inf`` for silence.
    """
    channels = _channels_first(audio)
    if channels.shape[-1] == 0:
        return -math.inf
    peak = float(np.abs(channels).max())
    for piece, kept in pieces(channels.shape[1], _PEAK_MARGIN):
        heard = channels[:, piece].T.astype(np.float64)
        fine = soxr.resample(heard, sample_rate, _PEAK_OVERSAMPLING * sample_rate, quality="VHQ")
        inside = fine[_PEAK_OVERSAMPLING * kept.start : _PEAK_OVERSAMPLING * kept.stop]
        peak = max(peak, float(np.abs(inside).max(initial=0.0)))
    return 20.0 * math.log10(peak) if peak > 0.0 else -math.inf


def k_weighted(audio: NDArray[np.float64], sample_rate: int) -> NDArray[np.float64]:
    """The audio as the head and the ear weigh it: BS.1770's two filters in series."""
    if sample_rate < 2 * math.ceil(_SHELF_HZ):
        raise ConfigError(
            "BAD_RATE", f"sample_rate={sample_rate} is too low to measure loudness.",
            "Use 4000 Hz or more.",
        )  # fmt: skip
    return high_pass(sample_rate)(high_shelf(sample_rate)(audio))


def high_shelf(sample_rate: int) -> Biquad:
    """The first stage: a head's shadow, +4 dB above 1.7 kHz."""
    k = math.tan(math.pi * _SHELF_HZ / sample_rate)
    high = 10.0 ** (_SHELF_DB / 20.0)
    middle = high**_SHELF_SLOPE
    a0 = 1.0 + k / _SHELF_Q + k * k
    return Biquad(
        b=(
            (high + middle * k / _SHELF_Q + k * k) / a0,
            2.0 * (k * k - high) / a0,
            (high - middle * k / _SHELF_Q + k * k) / a0,
        ),
        a=(2.0 * (k * k - 1.0) / a0, (1.0 - k / _SHELF_Q + k * k) / a0),
    )


def high_pass(sample_rate: int) -> Biquad:
    """The second stage: the ear's weak hearing below 40 Hz. Its gain is the standard's, not 1."""
    k = math.tan(math.pi * _HIGH_PASS_HZ / sample_rate)
    a0 = 1.0 + k / _HIGH_PASS_Q + k * k
    return Biquad(
        b=(1.0, -2.0, 1.0),
        a=(2.0 * (k * k - 1.0) / a0, (1.0 - k / _HIGH_PASS_Q + k * k) / a0),
    )


def a_weighting_db(frequencies_hz: NDArray[np.floating]) -> NDArray[np.float64]:
    """The A curve of IEC 61672-1 in dB, 0 at 1 kHz; ``-inf`` at 0 Hz."""
    f2: NDArray[np.float64] = np.square(np.asarray(frequencies_hz, np.float64))
    numerator = 12194.217**2 * f2 * f2
    low = (f2 + 20.598997**2) * np.sqrt((f2 + 107.65265**2) * (f2 + 737.86223**2))
    with np.errstate(divide="ignore"):
        return np.asarray(20.0 * np.log10(numerator / (low * (f2 + 12194.217**2))) + 2.0)


def _channels_first(audio: NDArray[np.floating]) -> NDArray[np.floating]:
    wide = np.atleast_2d(np.asarray(audio))
    if wide.ndim != 2 or not np.isfinite(wide).all():
        raise ConfigError(
            "BAD_AUDIO", f"audio of shape {wide.shape} is not finite samples [T] or [C, T].",
            "Give one sound, without NaN or infinity.",
        )  # fmt: skip
    return wide


def _power(channels: NDArray[np.floating], sample_rate: int) -> NDArray[np.float64]:
    """The channel-weighted, K-weighted power of every sample, ``[T]``."""
    gains, power = _channel_gains(len(channels)), np.empty(channels.shape[1])
    for piece, kept in pieces(len(power), sample_rate):  # a second, in which the filters forget
        weighted = k_weighted(channels[:, piece].astype(np.float64), sample_rate)
        start = piece.start + kept.start
        power[start : start + kept.stop - kept.start] = gains @ np.square(weighted[:, kept])
    return power


def _block_powers(power: NDArray[np.float64], sample_rate: int) -> NDArray[np.float64]:
    """The mean power of every gating block."""
    length = round(_BLOCK_SECONDS * sample_rate)
    if 0 < power.size < length:
        return np.array([power.mean()])
    running = np.concatenate([[0.0], np.cumsum(power)])
    step = sample_rate * _BLOCK_SECONDS / _STEPS_PER_BLOCK
    count = max(0, math.floor((power.size - length) / step) + 1)
    starts = np.rint(np.arange(count) * step).astype(np.int64)
    return np.asarray((running[starts + length] - running[starts]) / length)


def _channel_gains(channels: int) -> NDArray[np.float64]:
    if channels not in (1, 2, 5):
        raise ConfigError(
            "BAD_CHANNELS", f"{channels} channels have no loudness weights.",
            "Mix to mono or stereo first.",
        )  # fmt: skip
    return np.where(np.arange(channels) < 3, 1.0, _SURROUND_GAIN)


def _lufs(power: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        return np.asarray(_OFFSET_DB + 10.0 * np.log10(power))
