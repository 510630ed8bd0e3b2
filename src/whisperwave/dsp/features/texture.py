"""Texture statistics: what a sound is like, whatever it is doing at the moment.

After J. H. McDermott and E. P. Simoncelli, "Sound texture perception via statistics of the auditory
periphery: evidence from sound synthesis", Neuron 71 (2011). Kept from the paper: cochlear envelopes
(bands equally spaced in ERB rate, amplitude compressed by the power 0.3), their marginal moments,
correlations between the envelopes of neighbouring bands, and modulation power in octave bands.
Left out: the C1 and C2 phase correlations between modulation bands, and the kurtosis (noisy on ten
seconds of sound). The filter bank is a short-time Fourier transform weighted per band, so that the
statistics can be gathered block by block on a fixed frame grid; its 25 ms window resolves
modulation up to about 40 Hz.
"""

from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BANDS = 28
LOWEST_HZ = 60.0
HIGHEST_HZ = 7600.0
COMPRESSION = 0.3
WINDOW_SECONDS = 0.025
HOP_SECONDS = 0.005
CORRELATION_STEPS = (1, 2, 4, 8)
MODULATION_FRAMES = 512  # 2.56 s: the slowest band still turns once or twice
MODULATION_EDGES_HZ = (0.35, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2)
MODULATION_GROUPS = 7  # modulation power is pooled over four neighbouring bands
EXCERPTS = 4  # parts of a sound that styles are taken of, beside the whole
EXCERPT_SECONDS = 8.0  # long enough for the slowest modulation to turn a few times
_CHUNK = 2**18  # samples framed at once: memory stays flat however long the sound
_FLOOR = 1e-5  # amplitude; about -100 dB, keeps digital silence finite


class TextureStatistics:
    """Gathers the texture statistics of one sound, block by block.

    The result does not depend on how the sound was cut into blocks: frames lie on a fixed grid and
    the sums are accumulated frame by frame in a fixed grouping.

    Args:
        sample_rate: in Hz; 16,000 or more, so that every band exists.
    """

    def __init__(self, sample_rate: int) -> None:
        self._window = round(WINDOW_SECONDS * sample_rate)
        self._hop = round(HOP_SECONDS * sample_rate)
        self._taper = np.hanning(self._window + 1)[:-1]
        self._bands = cochlear_weights(sample_rate, self._window)
        self._samples: Floats = np.zeros(0)
        self._frames: Floats = np.zeros((0, BANDS))
        self._count = 0
        self._powers = np.zeros((3, BANDS))
        self._products = np.zeros((BANDS, BANDS))
        self._modulation = np.zeros((BANDS, len(MODULATION_EDGES_HZ) - 1))
        self._segments = 0
        self._rate_hz = sample_rate / self._hop

    def update(self, block: NDArray[np.floating]) -> None:
        """Take the next samples, shape ``[T]``, any length."""
        for start in range(0, len(block), _CHUNK):
            self._take(block[start : start + _CHUNK])

    def _take(self, block: NDArray[np.floating]) -> None:
        self._samples = np.concatenate([self._samples, np.asarray(block, dtype=np.float64)])
        count = (len(self._samples) - self._window) // self._hop + 1
        if count <= 0:
            return
        frames = np.lib.stride_tricks.sliding_window_view(self._samples, self._window)
        self._frames = np.concatenate([self._frames, self._envelopes(frames[:: self._hop][:count])])
        self._samples = self._samples[count * self._hop :]
        half = MODULATION_FRAMES // 2
        while len(self._frames) >= MODULATION_FRAMES:
            self._take_moments(self._frames[:half])
            self._take_modulation(self._frames[:MODULATION_FRAMES])
            self._frames = self._frames[half:]

    def finish(self) -> NDArray[np.float32]:
        """The statistics of everything taken, shape ``[STATISTICS]``.

        A sound shorter than one modulation segment is repeated to fill it; silence and the empty
        sound have well-defined, finite statistics too.
        """
        self._take_moments(self._frames)
        if self._segments == 0:
            frames = self._frames if len(self._frames) else np.full((1, BANDS), _FLOOR**COMPRESSION)
            if self._count == 0:
                self._take_moments(frames)
            repeats = -(-MODULATION_FRAMES // len(frames))
            self._take_modulation(np.tile(frames, (repeats, 1))[:MODULATION_FRAMES])
        return np.concatenate([self._moments(), self._correlations(), self._modulations()]).astype(
            np.float32
        )

    def _envelopes(self, frames: NDArray[np.floating]) -> Floats:
        spectrum = np.fft.rfft(frames * self._taper, axis=-1)
        power = (spectrum.real**2 + spectrum.imag**2) @ self._bands
        return np.maximum(np.sqrt(power), _FLOOR) ** COMPRESSION

    def _take_moments(self, envelopes: Floats) -> None:
        self._count += len(envelopes)
        for order in range(3):
            self._powers[order] += (envelopes ** (order + 1)).sum(axis=0)
        self._products += envelopes.T @ envelopes

    def _take_modulation(self, envelopes: Floats) -> None:
        mean = envelopes.mean(axis=0)
        taper = np.hanning(len(envelopes) + 1)[:-1, None]
        power = np.abs(np.fft.rfft((envelopes / mean - 1.0) * taper, axis=0)) ** 2
        power *= 2.0 / (len(envelopes) * (taper**2).sum())
        hz = np.fft.rfftfreq(len(envelopes), 1.0 / self._rate_hz)
        edges = np.searchsorted(hz, MODULATION_EDGES_HZ)
        for octave, (low, high) in enumerate(pairwise(edges)):
            self._modulation[:, octave] += power[low:high].sum(axis=0)
        self._segments += 1

    def _central(self) -> tuple[Floats, Floats, Floats]:
        first, second, third = self._powers / self._count
        variance = np.maximum(second - first**2, 1e-12)
        skew = (third - 3 * first * second + 2 * first**3) / variance**1.5
        return first, variance, skew

    def _moments(self) -> Floats:
        mean, variance, skew = self._central()
        return np.concatenate(
            [np.log(mean), np.log(np.sqrt(variance) / mean + 1e-3), np.tanh(skew / 3.0)]
        )

    def _correlations(self) -> Floats:
        mean, variance, _ = self._central()
        covariance = self._products / self._count - np.outer(mean, mean)
        correlation = covariance / (np.sqrt(np.outer(variance, variance)) + 1e-9)
        return np.concatenate([np.diagonal(correlation, step) for step in CORRELATION_STEPS])

    def _modulations(self) -> Floats:
        power = self._modulation / self._segments
        pooled = power.reshape(MODULATION_GROUPS, -1, power.shape[1]).mean(axis=1)
        return np.asarray(np.log(pooled + 1e-5).ravel())


STATISTICS = (
    3 * BANDS
    + sum(BANDS - step for step in CORRELATION_STEPS)
    + MODULATION_GROUPS * (len(MODULATION_EDGES_HZ) - 1)
)


def texture_statistics(audio: NDArray[np.floating], sample_rate: int) -> NDArray[np.float32]:
    """The texture statistics of a whole sound, shape ``[T]`` to ``[STATISTICS]``."""
    statistics = TextureStatistics(sample_rate)
    statistics.update(audio)
    return statistics.finish()


def texture_excerpts(
    audio: NDArray[np.floating], sample_rate: int, seconds: float
) -> NDArray[np.float32]:
    """The statistics of a sound ``[T]`` and of `EXCERPTS` parts of it, each of so many seconds.

    Returns:
        float32 ``[1 + EXCERPTS, STATISTICS]``, the whole first; the parts lie evenly from its
        beginning to its end.
    """
    length = min(len(audio), round(seconds * sample_rate))
    starts = np.linspace(0, len(audio) - length, EXCERPTS).astype(int)
    parts = [audio, *(audio[start : start + length] for start in starts)]
    return np.stack([texture_statistics(part, sample_rate) for part in parts])


@lru_cache(maxsize=8)
def cochlear_weights(sample_rate: int, window: int) -> Floats:
    """Power weights from Fourier bins to cochlear bands, shape ``[window // 2 + 1, BANDS]``.

    Bands are half-cosines on the ERB-rate scale of Glasberg and Moore (1990), so that the weights
    of neighbouring bands add up to one; each band is scaled so that a full-scale sine in its middle
    has amplitude one.
    """
    hz = np.fft.rfftfreq(window, 1.0 / sample_rate)
    centres = np.linspace(_erb_rate(LOWEST_HZ), _erb_rate(HIGHEST_HZ), BANDS + 2)
    distance = (_erb_rate(hz)[:, None] - centres[None, 1:-1]) / (centres[1] - centres[0])
    weights = np.where(np.abs(distance) < 1.0, np.cos(0.5 * np.pi * distance) ** 2, 0.0)
    nearest = np.abs(distance).argmin(axis=0)
    empty = weights.sum(axis=0) < 0.5  # the lowest bands are narrower than a bin
    weights[nearest[empty], np.flatnonzero(empty)] = 1.0
    scale: Floats = weights * (2.0 / (0.5 * window)) ** 2 / 1.5
    return scale


def _erb_rate(hz: NDArray[np.floating] | float) -> Floats:
    return np.asarray(21.4 * np.log10(1.0 + 0.00437 * np.asarray(hz)))
