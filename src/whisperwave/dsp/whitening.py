"""A linear map from many correlated statistics to a few uncorrelated ones of equal spread."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# Directions that vary less than this share of the total are noise; they are turned down, not up.
_RIDGE = 0.002


def fit_whitening(rows: NDArray[np.floating], dimensions: int) -> tuple[Floats, Floats]:
    """Fit ``mean`` and ``projection`` so that ``projection @ (row - mean)`` is white.

    Each column is first scaled to unit spread, so that its unit plays no part; then the principal
    directions are scaled to unit variance, with a ridge for those that hold little.

    Args:
        rows: ``[N, S]``, one row of statistics for each excerpt, 2 rows or more.
        dimensions: how many numbers to keep, at most 64 in a style vector.

    Returns:
        ``mean [S]`` and ``projection [dimensions, S]``; missing directions are zero rows.
    """
    wide = np.asarray(rows, np.float64)
    mean = wide.mean(axis=0)
    spread = wide.std(axis=0) + 1e-3
    _, singular, directions = np.linalg.svd((wide - mean) / spread, full_matrices=False)
    variance = singular**2 / len(wide)
    kept = min(dimensions, len(variance))
    scale = 1.0 / np.sqrt(variance[:kept] + _RIDGE * variance.sum() + 1e-12)
    projection = np.zeros((dimensions, wide.shape[1]))
    projection[:kept] = _signed(directions[:kept]) * scale[:, None] / spread
    return mean.astype(np.float32), projection.astype(np.float32)


def _signed(directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sign of a principal direction is free; make the largest entry positive everywhere."""
    largest = np.abs(directions).argmax(axis=1)
    signs = np.sign(directions[np.arange(len(directions)), largest])
    return np.asarray(directions * signs[:, None])
