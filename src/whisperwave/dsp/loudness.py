"""How loud is it? Integrated loudness and true peak after ITU-R BS.1770-4, at any sample rate.

The standard gives its K-weighting filter as coefficients for 48 kHz. The analogue filters behind
them (a high shelf and a high pass) are found by inverting the bilinear transform and are then
transformed again for the rate at hand, so that 16 kHz and 44.1 kHz measure what 48 kHz does.
"""

import math
from collections.abc import Iterator

import numpy as np
import soxr
from numpy.typing import NDArray

from whisperwave.dsp.filters import Biquad
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
BETWEEN_REACH = 128  # samples that say what lies between two, to each side
_AT_ONCE = 1 << 18  # samples


def integrated_lufs(audio: NDArray[np.floating], sample_rate: int) -> float:
    """The loudness of a whole programme, in LUFS, as `LoudnessMeter` has it.

    Args:
        audio: ``[T]`` or ``[C, T]``; one or two channels, or five as left, right, centre, left and
            right surround.
        sample_rate: in hertz.

    Returns:
        LUFS; ``-inf`` if every block lies below the absolute gate.
    """
    channels = _channels_first(audio)
    meter = LoudnessMeter(sample_rate, len(channels))
    for block in _blocks(channels):
        meter.update(block)
    return meter.finish()


def true_peak_dbtp(audio: NDArray[np.floating], sample_rate: int) -> float:
    """The peak of the continuous signal behind the samples, in dB relative to full scale.

    Args:
        audio: ``[T]`` or ``[C, T]``.
        sample_rate: in hertz; the signal is examined at eight times this rate.

    Returns:
        dBTP over all channels; ``-inf`` for silence.
    """
    channels = _channels_first(audio)
    meter = TruePeakMeter(sample_rate, len(channels))
    for block in _blocks(channels):
        meter.update(block)
    return meter.finish()


class LoudnessMeter:
    """The integrated loudness of a programme that comes block by block.

    Gating blocks of 400 ms, overlapping by three quarters, are gated at -70 LUFS and then at 10 LU
    below the mean of those left. Sound shorter than one block is measured as one block.

    Args:
        sample_rate: in hertz.
        channels: one, two or five.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._gains = _channel_gains(channels)
        self._weighting = KWeighting(sample_rate)
        self._state = self._weighting.start(channels)
        self._length = round(_BLOCK_SECONDS * sample_rate)
        self._step = sample_rate * _BLOCK_SECONDS / _STEPS_PER_BLOCK
        self._power = np.empty(0)  # of the samples that the next gating block needs
        self._first = 0  # which sample the first of these is
        self._powers: list[float] = []  # of every gating block

    def update(self, block: NDArray[np.floating]) -> None:
        """Take the next samples ``[C, n]``."""
        weighted, self._state = self._weighting.step(np.asarray(block, np.float64), self._state)
        self._power = np.concatenate([self._power, self._gains @ np.square(weighted)])
        have, done = self._first + self._power.size, len(self._powers)
        count = max(0, math.floor((have - self._length) / self._step) + 1 - done)
        starts = np.rint(np.arange(done, done + count + 1) * self._step).astype(np.int64)
        ready = starts[:-1][starts[:-1] + self._length <= have] - self._first
        running = np.concatenate([[0.0], np.cumsum(self._power)])
        self._powers += ((running[ready + self._length] - running[ready]) / self._length).tolist()
        forgotten = min(int(starts[len(ready)]) - self._first, self._power.size)
        self._power = self._power[forgotten:]
        self._first += forgotten

    def finish(self) -> float:
        """LUFS of everything taken; ``-inf`` if all of it lies below the absolute gate."""
        if not self._powers and self._power.size:
            return gated_lufs(self._power.mean(keepdims=True))
        return gated_lufs(np.array(self._powers))


def gated_lufs(powers: NDArray[np.float64]) -> float:
    """The loudness of gating blocks of some power; ``-inf`` if all are below the absolute gate."""
    powers = powers[lufs(powers) > _ABSOLUTE_GATE_LUFS]
    if powers.size == 0:
        return -math.inf
    gate = lufs(powers.mean()) + _RELATIVE_GATE_LU
    return float(lufs(powers[lufs(powers) > gate].mean()))


class TruePeakMeter:
    """The true peak of a sound that comes block by block.

    Args:
        sample_rate: in hertz; the signal is examined at eight times this rate.
        channels: how many.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._fine = soxr.ResampleStream(
            sample_rate, _PEAK_OVERSAMPLING * sample_rate, channels, dtype="float64", quality="VHQ"
        )
        self._silence = np.zeros((0, channels))
        self._peak = 0.0

    def update(self, block: NDArray[np.floating]) -> None:
        """Take the next samples ``[C, n]``."""
        self._peak = max(self._peak, float(np.abs(block).max(initial=0.0)))
        self._look(np.ascontiguousarray(block.T, np.float64), last=False)

    def finish(self) -> float:
        """DBTP over all channels of everything taken; ``-inf`` for silence. Call it once."""
        self._look(self._silence, last=True)
        return 20.0 * math.log10(self._peak) if self._peak > 0.0 else -math.inf

    def _look(self, samples: NDArray[np.float64], *, last: bool) -> None:
        fine = self._fine.resample_chunk(samples, last=last)
        self._peak = max(self._peak, float(np.abs(fine).max(initial=0.0)))


def between_samples() -> NDArray[np.float64]:
    """The responses of the filter that `TruePeakMeter` looks through, for `whisperwave.dsp.fir`.

    ``[8, 2 * BETWEEN_REACH + 1]``; what they give lags by `BETWEEN_REACH` samples.
    """
    click = np.zeros(4 * BETWEEN_REACH + 1)
    click[2 * BETWEEN_REACH] = 1.0
    rung = soxr.resample(click, 1, _PEAK_OVERSAMPLING, quality="VHQ")
    heard = slice(BETWEEN_REACH * _PEAK_OVERSAMPLING, (3 * BETWEEN_REACH + 1) * _PEAK_OVERSAMPLING)
    return np.asarray(rung[heard].reshape(-1, _PEAK_OVERSAMPLING).T)


class KWeighting:
    """Weighs sound as the head and the ear do: BS.1770's two filters in series, step by step."""

    def __init__(self, sample_rate: int) -> None:
        if sample_rate < 2 * math.ceil(_SHELF_HZ):
            raise ConfigError(
                "BAD_RATE", f"sample_rate={sample_rate} is too low to measure loudness.",
                "Use 4000 Hz or more.",
            )  # fmt: skip
        self._shelf, self._high_pass = high_shelf(sample_rate), high_pass(sample_rate)

    def start(self, channels: int) -> NDArray[np.float64]:
        """The state before a sound, ``[2, C, 2]``."""
        return np.stack([self._shelf.start((channels,)), self._high_pass.start((channels,))])

    def step(
        self, audio: NDArray[np.float64], state: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The next samples ``[C, n]``, weighted, and the state after them."""
        shelved, shelf = self._shelf.step(audio, state[0])
        weighted, high_pass = self._high_pass.step(shelved, state[1])
        return weighted, np.stack([shelf, high_pass])


def k_weighting_power(
    frequencies_hz: NDArray[np.floating], sample_rate: int
) -> NDArray[np.float64]:
    """What K-weighting multiplies the power of some frequencies by."""
    shelf, high = (f.response(frequencies_hz / sample_rate)
                   for f in (high_shelf(sample_rate), high_pass(sample_rate)))  # fmt: skip
    return np.square(np.abs(shelf * high))


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


def _blocks(channels: NDArray[np.floating]) -> Iterator[NDArray[np.floating]]:
    """A long sound piece by piece, so that an hour needs no more memory than a minute."""
    return (channels[:, at : at + _AT_ONCE] for at in range(0, channels.shape[1], _AT_ONCE))


def _channel_gains(channels: int) -> NDArray[np.float64]:
    if channels not in (1, 2, 5):
        raise ConfigError(
            "BAD_CHANNELS", f"{channels} channels have no loudness weights.",
            "Mix to mono or stereo first.",
        )  # fmt: skip
    return np.where(np.arange(channels) < 3, 1.0, _SURROUND_GAIN)


def lufs(power: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    """K-weighted power, summed over channels, as loudness."""
    with np.errstate(divide="ignore"):
        return np.asarray(_OFFSET_DB + 10.0 * np.log10(power))
