"""Change of sample rate, with soxr's "very high quality" filter (band edge at 0.99 of Nyquist)."""

from collections.abc import Iterable, Iterator

import numpy as np
import soxr
from numpy.typing import NDArray

from whisperwave.errors import ConfigError


def resample(audio: NDArray[np.floating], from_rate: int, to_rate: int) -> NDArray[np.float32]:
    """The same sound at another rate; what lies above the new Nyquist frequency is removed.

    Args:
        audio: ``[T]`` or ``[C, T]``, finite.
        from_rate: the rate of ``audio``, in hertz.
        to_rate: the rate wanted, in hertz.

    Returns:
        float32, ``T * to_rate / from_rate`` samples, rounded to the nearest (half up).
    """
    _check(from_rate, to_rate)
    narrow = np.asarray(audio, np.float32)
    if from_rate == to_rate or narrow.size == 0:
        return _exactly(narrow.copy(), _length(narrow.shape[-1], from_rate, to_rate))
    frames_first = np.ascontiguousarray(narrow.T)
    resampled = soxr.resample(frames_first, from_rate, to_rate, quality="VHQ").T
    return _exactly(resampled, _length(narrow.shape[-1], from_rate, to_rate))


def resampled(
    blocks: Iterable[NDArray[np.float32]], channels: int, from_rate: int, to_rate: int
) -> Iterator[NDArray[np.float32]]:
    """A sound that comes in blocks ``[C, n]``, at another rate, as `resample` makes it."""
    if from_rate == to_rate:
        yield from blocks
        return
    stream = _stream(channels, from_rate, to_rate)
    for block in blocks:
        yield stream.resample_chunk(np.ascontiguousarray(block.T)).T
    yield stream.resample_chunk(np.empty((0, channels), np.float32), last=True).T


class Resampler:
    """A sound that comes in blocks of frames, at another rate: the same bits as `resample` makes.

    Args:
        channels: of every block.
        from_rate: the rate of the blocks, in hertz; to_rate: the rate wanted.
    """

    def __init__(self, channels: int, from_rate: int, to_rate: int) -> None:
        _check(from_rate, to_rate)
        self._rates, self._channels = (from_rate, to_rate), channels
        is_same = from_rate == to_rate
        self._stream = None if is_same else _stream(channels, from_rate, to_rate)
        self._made: list[NDArray[np.float32]] = []
        self._taken = 0

    def take(self, block: NDArray[np.float32]) -> None:
        """Hear the next frames ``[n, C]``."""
        self._taken += len(block)
        self._made.append(block if self._stream is None else self._stream.resample_chunk(block))

    def finish(self) -> NDArray[np.float32]:
        """The whole sound ``[C, T]`` at the rate wanted."""
        if self._stream is not None:
            rest = np.empty((0, self._channels), np.float32)
            self._made.append(self._stream.resample_chunk(rest, last=True))
        whole = np.concatenate(self._made).reshape(-1, self._channels)
        return _exactly(whole.T, _length(self._taken, *self._rates))


def _stream(channels: int, from_rate: int, to_rate: int) -> soxr.ResampleStream:
    return soxr.ResampleStream(from_rate, to_rate, channels, dtype="float32", quality="VHQ")


def _check(from_rate: int, to_rate: int) -> None:
    for name, rate in (("from_rate", from_rate), ("to_rate", to_rate)):
        if rate < 1:
            raise ConfigError("BAD_RATE", f"{name}={rate} is not a rate.", "Use 1 Hz or more.")


def _length(samples: int, from_rate: int, to_rate: int) -> int:
    return (2 * samples * to_rate + from_rate) // (2 * from_rate)


def _exactly(audio: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """Cut or extend by the sample that soxr's own rounding may have given or taken."""
    missing = length - audio.shape[-1]
    if missing > 0:
        audio = np.pad(audio, [(0, 0)] * (audio.ndim - 1) + [(0, missing)])
    return np.ascontiguousarray(audio[..., :length])
