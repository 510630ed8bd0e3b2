"""Measures of likeness between sounds, and of how sure a share is. Arrays in, numbers out."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_RIDGE = 1e-3  # dB²; keeps the covariance of a perfectly steady sound positive


def standardised_distances(
    rows: NDArray[np.floating], references: NDArray[np.floating], spread: NDArray[np.floating]
) -> Floats:
    """Root-mean-square distance of every row to every reference, in units of ``spread``.

    Args:
        rows: ``[A, N]``, statistics of the sounds in question.
        references: ``[B, N]``, statistics of known sounds.
        spread: ``[N]``, standard deviation of each statistic over a library; where it is zero, the
            statistic says nothing and is left out.

    Returns:
        ``[A, B]``.
    """
    telling = spread > 1e-6
    scaled_rows = rows[:, telling] / spread[telling]
    scaled_references = references[:, telling] / spread[telling]
    difference = scaled_rows[:, np.newaxis] - scaled_references[np.newaxis]
    return np.asarray(np.sqrt(np.mean(difference.astype(np.float64) ** 2, axis=-1)))


@dataclass(frozen=True)
class Gaussian:
    """A normal distribution over bands: mean ``[N]``, covariance ``[N, N]`` and its square root."""

    mean: Floats
    covariance: Floats
    root: Floats


def fit_gaussian(frames: NDArray[np.floating]) -> Gaussian:
    """The Gaussian of a run of frames, ``[bands, frames]``."""
    wide = np.asarray(frames, np.float64)
    covariance = np.cov(wide) + _RIDGE * np.eye(len(wide))
    values, vectors = np.linalg.eigh(covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return Gaussian(wide.mean(axis=-1), covariance, root)


def frechet_distance(one: Gaussian, other: Gaussian) -> float:
    """Fréchet distance between two Gaussians; on log-mel frames it needs no trained network.

    D. C. Dowson and B. V. Landau, "The Fréchet distance between multivariate normal distributions",
    J. Multivariate Analysis 12 (1982).
    """
    mean_gap = one.mean - other.mean
    shared = np.linalg.eigvalsh(other.root @ one.covariance @ other.root)
    overlap = np.sqrt(np.maximum(shared, 0.0)).sum()
    squared = mean_gap @ mean_gap + np.trace(one.covariance + other.covariance) - 2.0 * overlap
    return math.sqrt(max(0.0, float(squared)))


def largest_correlation(
    windows: NDArray[np.floating], material: NDArray[np.floating], block: int = 1 << 18
) -> float:
    """The largest normalised correlation of any window with any stretch of ``material``.

    1.0 is a copy (or a copy turned upside down), whatever its level; silence correlates with
    nothing. Every offset is tried, by overlap-save Fourier transforms.

    Args:
        windows: ``[W, N]``, excerpts of the sound in question.
        material: ``[T]``, T at least N.
        block: transform length, a power of two above N.
    """
    length = windows.shape[-1]
    block = max(block, 1 << (2 * length - 1).bit_length())
    energies = np.sqrt(np.sum(np.square(windows, dtype=np.float64), axis=-1))
    heard = windows[energies > 1e-6] / energies[energies > 1e-6, np.newaxis]
    spectra = np.conj(np.fft.rfft(heard.astype(np.float32), block, axis=-1))
    step, largest = block - length + 1, 0.0
    for start in range(0, max(1, len(material) - length + 1), step):
        stretch = material[start : start + block].astype(np.float32)
        offsets = min(step, len(stretch) - length + 1)
        weights = 1.0 / np.maximum(_moving_norm(stretch, length)[:offsets], 1e-3)
        spectrum = np.fft.rfft(stretch, block)
        for window in spectra:
            correlation = np.fft.irfft(spectrum * window, block)[:offsets] * weights
            largest = max(largest, float(np.abs(correlation).max(initial=0.0)))
    return largest


def wilson_interval(successes: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share, sensible at 0 and 1 too.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", J. Am.
    Stat. Assoc. 22 (1927).
    """
    share, spread = successes / trials, z * z / trials
    centre = (share + spread / 2.0) / (1.0 + spread)
    half = z * math.sqrt(share * (1.0 - share) / trials + spread / (4.0 * trials)) / (1.0 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)


def bits_per_sample(logits: NDArray[np.floating], classes: NDArray[np.integer]) -> float:
    """Mean surprise at ``classes [T]`` under ``logits [T, A]``, in bits."""
    wide = logits.astype(np.float64)
    wide -= wide.max(axis=-1, keepdims=True)
    chosen = np.take_along_axis(wide, classes[:, np.newaxis].astype(np.int64), axis=-1)[:, 0]
    return float(np.mean(np.log(np.exp(wide).sum(axis=-1)) - chosen) / math.log(2.0))


def _moving_norm(audio: NDArray[np.floating], length: int) -> Floats:
    total = np.concatenate([[0.0], np.cumsum(np.square(audio, dtype=np.float64))])
    return np.asarray(np.sqrt(np.maximum(total[length:] - total[:-length], 0.0)))
