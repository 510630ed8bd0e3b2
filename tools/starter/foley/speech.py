"""Speech without words: syllables in phrases, and a vocal tract that follows them.

Source and filter after Fant (1960): noise or pulses, shaped by formants that glide from vowel to
vowel. The vowels are the men's means of Peterson and Barney (1952); what is said means nothing.
"""

from dataclasses import dataclass

import numpy as np

from foley.grains import Values
from foley.noise import Array, band_pass, shaped_noise

CONTROL_HZ = 200  # of every curve of the articulation
VOWELS_HZ = np.array(
    [
        (270, 2290, 3010),
        (390, 1990, 2550),
        (530, 1840, 2480),
        (660, 1720, 2410),
        (730, 1090, 2440),
        (570, 840, 2410),
        (440, 1020, 2240),
        (300, 870, 2240),
        (640, 1190, 2390),
    ],
    float,
)
FRICATIVES_HZ = ((4200, 7600), (2300, 4800), (1400, 6500))
"""Bands of s, sh and f."""
BANDWIDTHS_HZ = (90.0, 110.0, 160.0, 250.0)


@dataclass(frozen=True)
class Speech:
    """What is said, as curves over time at `CONTROL_HZ`.

    Attributes:
        formants_hz: [3, N].
        vowel: strength of the vowels [N].
        fricatives: strength of s, sh and f [3, N].
        accent: where in its phrase the voice is, 1 at the first syllable, falling [N].
    """

    formants_hz: Values
    vowel: Values
    fricatives: Values
    accent: Values


def spoken(
    rng: np.random.Generator, seconds: float, syllables_per_second: float, pause_s: float
) -> Speech:
    """Phrases of four to ten syllables with pauses between them."""
    count = round(seconds * CONTROL_HZ) + 1
    vowel, accent = np.zeros(count), np.ones(count)
    fricatives = np.zeros((3, count))
    times, targets = [0.0], [VOWELS_HZ[8]]
    now = -rng.uniform(0, 2)
    while now < seconds:
        length = int(rng.integers(4, 11))
        for place in range(length):
            syllable_s = rng.uniform(0.7, 1.35) / syllables_per_second
            syllable_s *= 1.4 if place == length - 1 else 1.0
            onset_s = _consonant(rng, fricatives, now, syllable_s)
            strength = rng.uniform(0.55, 1.0) * (1 - 0.4 * place / length)
            _bump(vowel, now + onset_s, syllable_s - 0.6 * onset_s, strength)
            times.append(now + onset_s + 0.4 * (syllable_s - onset_s))
            targets.append(VOWELS_HZ[int(rng.integers(len(VOWELS_HZ)))])
            _fill(accent, now, syllable_s, 1 - place / length)
            now += syllable_s
        now += pause_s * rng.uniform(0.5, 1.6)
    grid = np.arange(count) / CONTROL_HZ
    order = np.argsort(times)
    table = np.array(targets)[order]
    glides = [np.interp(grid, np.array(times)[order], column) for column in table.T]
    return Speech(_smooth(np.array(glides), 9), _smooth(vowel, 5), fricatives, _smooth(accent, 25))


def _consonant(
    rng: np.random.Generator, fricatives: Values, start_s: float, syllable_s: float
) -> float:
    """What a syllable begins with, written into its curve; how long until the vowel opens."""
    kind = int(rng.choice(6, p=(0.14, 0.1, 0.16, 0.2, 0.2, 0.2)))
    if kind < 3:  # s, sh, f
        length = rng.uniform(0.35, 0.5) * syllable_s
        _bump(
            fricatives[kind], start_s, 1.15 * length, rng.uniform(0.5, 1.0) * (1, 0.9, 0.45)[kind]
        )
        return length
    if kind == 3:  # a stop: closed, then a short puff
        _bump(fricatives[int(rng.integers(3))], start_s + 0.05, 0.03, rng.uniform(0.3, 0.7))
        return 0.07
    return 0.02 if kind == 4 else 0.05  # open, or a murmur


def _bump(curve: Values, start_s: float, length_s: float, level: float) -> None:
    """Add a rounded hill to a curve, in place."""
    first, size = round(start_s * CONTROL_HZ), max(3, round(length_s * CONTROL_HZ))
    hill = level * np.sin(np.pi * (np.arange(size) + 0.5) / size) ** 0.8
    low, high = max(0, first), min(curve.size, first + size)
    if high > low:
        curve[low:high] = np.maximum(curve[low:high], hill[low - first : high - first])


def _fill(curve: Values, start_s: float, length_s: float, level: float) -> None:
    first = max(0, round(start_s * CONTROL_HZ))
    curve[first : max(0, round((start_s + length_s) * CONTROL_HZ))] = level


def _smooth(curves: Values, width: int) -> Values:
    """Averaged over `width` points with a Hann window: no organ jumps."""
    window = np.hanning(width + 2)[1:-1]
    padded = np.pad(curves, [(0, 0)] * (curves.ndim - 1) + [(width // 2, width // 2)], mode="edge")
    kernel = window / window.sum()
    smooth: Values = np.apply_along_axis(np.convolve, -1, padded, kernel, mode="valid")
    return smooth


def tract(formants_hz: Values, scale: float, frequencies_hz: Values, widen: float = 1.0) -> Values:
    """Magnitude [frames, bins] of resonators in a row at formants [3, frames] and a fixed fourth.

    Args:
        formants_hz: the glides, for a man's tract.
        scale: over one for a shorter tract.
        frequencies_hz: of the bins.
        widen: of the bandwidths; an open glottis damps.
    """
    fourth = np.full((1, formants_hz.shape[-1]), 3500.0)
    places = scale * np.concatenate([formants_hz, fourth])
    f = frequencies_hz[None, :]
    gain: Values = np.ones((formants_hz.shape[-1], frequencies_hz.size))
    for place, width in zip(places, BANDWIDTHS_HZ, strict=True):
        centre = place[:, None]
        gain *= centre**2 / np.hypot(centre**2 - f**2, widen * width * f)
    return gain


def at_rate(curve: Values, samples: int, sample_rate: int) -> Array:
    """A control curve at every sample."""
    times = np.arange(samples) * (CONTROL_HZ / sample_rate)
    read: Array = np.interp(times, np.arange(curve.size), curve).astype(np.float32)
    return read


def through(source: Array, gains: Values, sample_rate: int) -> Array:
    """`source` [T] filtered by `gains` [frames, bins], a frame each `hop` of 10 ms."""
    hop, size = frame(sample_rate)
    count = gains.shape[0]
    padded = np.pad(source, (hop, 3 * hop + size))
    window = np.hanning(2 * hop + 1)[:-1]
    pieces = np.lib.stride_tricks.sliding_window_view(padded, 2 * hop)[::hop][:count] * window
    shaped = np.fft.irfft(np.fft.rfft(pieces, n=size) * gains, n=size)
    mixed = np.zeros((count + 1) * hop + size)
    for place, piece in enumerate(shaped):
        mixed[place * hop : place * hop + size] += piece
    return mixed[hop : hop + source.size].astype(np.float32)


def frame(sample_rate: int) -> tuple[int, int]:
    """Samples from frame to frame, and of a transform with room for a frame's ringing."""
    hop = sample_rate // 100
    return hop, 1 << int(np.ceil(np.log2(5 * hop)))


def frames_of(curve: Values, samples: int, sample_rate: int) -> Values:
    """A control curve [.., N] read where each frame of `through` has its middle."""
    hop, _ = frame(sample_rate)
    centres = np.arange(samples // hop + 2) * hop * (CONTROL_HZ / sample_rate)
    index = np.minimum(np.round(centres).astype(np.int64), curve.shape[-1] - 1)
    read: Values = curve[..., index]
    return read


def fricative_noise(
    rng: np.random.Generator, speech: Speech, samples: int, sample_rate: int
) -> Array:
    """The hisses of s, sh and f [T], each in its band."""
    heard = np.zeros(samples, np.float32)
    for curve, (low, high) in zip(speech.fricatives, FRICATIVES_HZ, strict=True):
        noise = shaped_noise(rng, samples, sample_rate, band_pass(low, high), channels=1)[0]
        heard += at_rate(curve, samples, sample_rate) * noise
    return heard
