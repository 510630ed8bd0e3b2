"""The pitch of voices and instruments, frame by frame: YIN with many thresholds.

A. de Cheveigné and H. Kawahara, "YIN, a fundamental frequency estimator for speech and music", JASA
111 (2002); the thresholds are weighed after M. Mauch and S. Dixon, "pYIN", ICASSP 2014; the
difference function is taken over a window that lies symmetrically about the frame's centre, after
P. McLeod and G. Wyvill, "A smarter way to find pitch", ICMC 2005, so that a glide is read where it
is, not where it was.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

CANDIDATES = 5
_GRID = 64  # transforms are as long as a multiple of this, which factors well
_SHAPE = 6  # thresholds follow Beta(2, 6): most often 0.17, on average 0.25
_LEAST_POWER = 1e-10  # mean square: -100 dBFS and less has no pitch


@dataclass(frozen=True)
class Candidates:
    """What each frame may be: ``lags`` in samples and their ``weights``, ``[n, CANDIDATES]``.

    A weight is the share of thresholds that would choose the lag; 0 is no candidate. ``aperiodic``
    ``[n, CANDIDATES]`` is the share of a frame's power that does not repeat after the lag.
    """

    lags: Doubles
    weights: Doubles
    aperiodic: Doubles


def normalised_difference(frames: Doubles, most_lag: int) -> Doubles:
    """How much a frame differs from itself some samples later, ``[n, N]`` to ``[n, most_lag + 1]``.

    The mean square difference at each lag, divided by its mean over all shorter lags: 1 at lag 0
    and on average of noise, 0 where the frame repeats exactly. Silence is 1 everywhere.
    """
    length = frames.shape[-1]
    size = -(-(length + most_lag) // _GRID) * _GRID
    spectrum = np.fft.rfft(np.asarray(frames, np.float32), size)  # half the work, and exact enough
    alike = np.fft.irfft(np.square(spectrum.real) + np.square(spectrum.imag), size)
    lags = np.arange(1, most_lag + 1)
    energy = np.cumsum(np.square(frames), axis=-1)
    both = energy[:, length - 1 - lags] + energy[:, -1:] - energy[:, lags - 1]
    difference = np.maximum(both - 2.0 * alike[:, 1 : most_lag + 1], 0.0) / (length - lags)
    mean = np.cumsum(difference, axis=-1) / lags
    quiet = energy[:, -1:] < _LEAST_POWER * length
    normal = np.ones((len(frames), most_lag + 1))
    normal[:, 1:] = np.where(quiet, 1.0, difference / np.where(mean > 0.0, mean, 1.0))
    return normal


def find_candidates(difference: Doubles, least_lag: int) -> Candidates:
    """The likeliest lags of each frame of `normalised_difference`, the likeliest first.

    A threshold chooses the first dip below it. Of all thresholds, weighed by how often they suit,
    a dip gets those between its own depth and that of the deepest dip before it.
    """
    inner = difference[:, least_lag:-1]
    before, after = difference[:, least_lag - 1 : -2], difference[:, least_lag + 1 :]
    dips = np.where((inner < before) & (inner <= after), inner, np.inf)
    deepest = np.minimum.accumulate(dips, axis=-1)
    records = np.empty(dips.shape, np.bool_)
    records[:, :1] = dips[:, :1] < np.inf
    records[:, 1:] = dips[:, 1:] < deepest[:, :-1]
    frame, lag = np.nonzero(records)
    share = _share_above(dips[frame, lag])
    is_next = np.concatenate([[False], frame[1:] == frame[:-1]])
    weight = share - np.where(is_next, np.concatenate([[0.0], share[:-1]]), 0.0)
    return _likeliest(difference, frame, lag + least_lag, weight)


def refined(difference: Doubles, lags: Doubles) -> Doubles:
    """Lags ``[n]`` read more exactly: after several periods an error counts so many times less."""
    best, reach = lags.copy(), difference.shape[-1] - 2
    for periods in range(2, 9):
        near = np.rint(periods * best)
        inside = near < reach
        at = np.where(inside, near, 1.0).astype(np.intp)
        read, depth = _between_samples(difference, at[:, None])
        agrees = inside & (np.abs(read[:, 0] / periods - best) < 0.5 / periods)
        clear = depth[:, 0] < 0.5
        best = np.where(agrees & clear, read[:, 0] / periods, best)
    return best


def _likeliest(
    difference: Doubles, frame: NDArray[np.intp], lag: NDArray[np.intp], weight: Doubles
) -> Candidates:
    """The heaviest dips of each frame, from lists of all: the frame, lag and weight of each."""
    order = np.lexsort((-weight, frame))
    place = np.arange(len(frame)) - np.searchsorted(frame, frame)  # within its frame
    kept = order[place < CANDIDATES]
    where = frame[kept], place[place < CANDIDATES]
    shape = (len(difference), CANDIDATES)
    lags, weights = np.full(shape, difference.shape[-1] - 1), np.zeros(shape)
    lags[where], weights[where] = lag[kept], weight[kept]
    exact, depths = _between_samples(difference, lags)
    return Candidates(exact, weights, np.clip(depths, 0.0, 1.0))


def _share_above(depths: Doubles) -> Doubles:
    """The share of thresholds above a depth: Beta(2, 6)'s survival function, in closed form."""
    inside = np.minimum(depths, 1.0)
    return np.asarray((1.0 - inside) ** _SHAPE * (1.0 + _SHAPE * inside))


def _between_samples(difference: Doubles, lags: NDArray[np.intp]) -> tuple[Doubles, Doubles]:
    """Where the parabola through a dip and its neighbours is least, and how deep it is there."""
    at = np.clip(lags, 1, difference.shape[-1] - 2)
    left, middle, right = (np.take_along_axis(difference, at + side, -1) for side in (-1, 0, 1))
    bend = left - 2.0 * middle + right
    is_dip = bend > 1e-12
    shift = np.where(is_dip, 0.5 * (left - right) / np.where(is_dip, bend, 1.0), 0.0)
    shift = np.clip(shift, -0.5, 0.5)
    return np.asarray(at + shift), np.asarray(middle - 0.25 * (left - right) * shift)
