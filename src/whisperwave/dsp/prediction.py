"""Linear prediction: a sound as a filter that changes slowly, and the excitation that drives it.

What the samples before it foretell of a sample is taken away; what remains, divided by its expected
size, is the excitation: nearly white, of a size of about one whether the sound is loud or soft. A
network that learns excitations is spared resonances, partials and levels, and the rounding of its
classes is heard under the sound's own spectrum instead of as hiss. After J. Makhoul, "Linear
prediction: a tutorial review" (Proc. IEEE 63, 1975), the autocorrelation method; as the source of a
neural vocoder, E. Song, K. Byun and H.-G. Kang, "ExcitNet vocoder" (EUSIPCO 2019).
"""

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.spectra import hann_window

Doubles = NDArray[np.float64]

ORDER = 256  # at 16 kHz a pole for every 31 Hz: most partials get one
WINDOW_SECONDS = 0.2  # long enough for the poles to stand on single partials
FLOOR = 1e-7  # of the power, as white noise: keeps the recursion sound where a spectrum is empty
SILENCE = 1e-9  # power that is added to every frame: silence has a filter too
LIMIT = 16.0  # excitations beyond are clipped; ordinary ones stay below 5

SETTINGS: dict[str, object] = {
    "window_seconds": WINDOW_SECONDS,
    "floor": FLOOR,
    "silence": SILENCE,
    "limit": LIMIT,
}  # what another program must know to make the same excitations

_CHUNK = 1024  # frames at once: memory stays flat however long the sound


def autocorrelation(
    audio: NDArray[np.floating], sample_rate: int, order: int, hop_length: int
) -> Doubles:
    """The autocorrelation of a sound frame by frame, ``[T]`` to ``[order + 1, 1 + T // hop]``.

    Frame ``f`` is centred on sample ``f * hop_length``; lag 0 is its mean power. Sounds that are
    heard together add up, each by its share, as powers do.
    """
    window = hann_window(2 * round(WINDOW_SECONDS * sample_rate / 2.0))
    half, size = len(window) // 2, 1 << (len(window) + order - 1).bit_length()
    padded = np.pad(np.asarray(audio, np.float64), half)
    frames = np.lib.stride_tricks.sliding_window_view(padded, len(window))[::hop_length]
    lags = np.empty((order + 1, len(frames)))
    for start in range(0, len(frames), _CHUNK):
        spectra = np.fft.rfft(frames[start : start + _CHUNK] * window, size, axis=-1)
        power = np.square(spectra.real) + np.square(spectra.imag)
        lags[:, start : start + _CHUNK] = np.fft.irfft(power, size, axis=-1)[:, : order + 1].T
    return lags / np.sum(window**2)


def predictors(lags: Doubles) -> tuple[Doubles, Doubles]:
    """The filter of each frame, from autocorrelations ``[P + 1, F]``, by Levinson and Durbin.

    Returns:
        The coefficients ``[F, P]`` that foretell a sample from the newest one before it to the
        oldest, and the expected size ``[F]`` of what they leave: NaN where the lags are those of
        no sound.
    """
    order = len(lags) - 1
    power = lags[0] * (1.0 + FLOOR) + SILENCE
    error, known = power.copy(), np.zeros((order, lags.shape[1]))
    for i in range(order):
        foretold = np.einsum("pf,pf->f", known[:i], lags[i:0:-1])
        reflection = (lags[i + 1] - foretold) / error
        known[:i] -= reflection * known[:i][::-1].copy()
        known[i] = reflection
        error = np.where(reflection**2 < 1.0, error * (1.0 - reflection**2), np.nan)
    return np.ascontiguousarray(known.T), np.sqrt(error)


def excitation(
    audio: NDArray[np.floating], lags: Doubles, hop_length: int, before: NDArray[np.floating]
) -> NDArray[np.float32]:
    """What drives the filters of ``lags`` ``[P + 1, F]`` to give ``audio`` ``[T]``, as ``[T]``.

    Frame ``f`` filters samples ``f * hop_length`` to ``(f + 1) * hop_length``; where the frames
    end before the sound does, the last one goes on. ``before`` ``[P]`` is what came just before.
    """
    coefficients, sizes = predictors(lags)
    order = coefficients.shape[1]
    joined = np.concatenate([np.asarray(before, np.float64), np.asarray(audio, np.float64)])
    pasts = np.lib.stride_tricks.sliding_window_view(joined, order)
    driving = np.empty(len(audio), np.float32)
    for start in range(0, len(audio), hop_length):
        place = slice(start, min(start + hop_length, len(audio)))
        frame = min(start // hop_length, len(sizes) - 1)
        foretold = pasts[place] @ coefficients[frame, ::-1]
        driving[place] = (audio[place] - foretold) / sizes[frame]
    return driving
