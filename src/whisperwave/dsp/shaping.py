"""The filter that holds a sound to a mel outline, step by step.

Frame by frame it compares what it hears with what it should be, and corrects each band. What the
outline does not say (phases, the grain of noise, pitch within a band) stays the sound's own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.features.mel import SPAN_DB, controls_of, mel_window_length
from whisperwave.dsp.fir import delayed
from whisperwave.dsp.spectra import hann_window, mel_filterbank

Floats = NDArray[np.float32]

LOUDER_DB, SOFTER_DB = 20.0, 60.0  # the most that a band is raised or lowered in one pass
PASSES = 3  # neighbouring bands and frames overlap, so a correction is never right at once
_AT_ONCE = 64  # frames of a whole sound: memory stays flat however long it is


@dataclass(frozen=True, eq=False)
class PassState:
    """What one pass remembers: the newest samples, their outline, and frames half added up.

    ``summed`` [2, S] is the sound that comes out next, and the weight of the windows in it.
    """

    audio: Floats
    outline: Floats
    summed: Floats


class Hold:
    """Gives a sound the mel outline that it should have, some frames of both at a time.

    Frames are those of `whisperwave.dsp.features.mel`. A frame whose outline is NaN does not exist:
    so it is before a sound begins and after it ends.

    Args:
        sample_rate: in Hz.
        hop_length: samples in a frame.
        bands: of the outline.
        lowest: bands below it are left as they are.
    """

    def __init__(self, sample_rate: int, hop_length: int, bands: int, lowest: int = 0) -> None:
        length = mel_window_length(sample_rate)
        window = hann_window(length)
        bank = mel_filterbank(sample_rate, length, bands)
        self._hop_length, self._bands, self._lowest = hop_length, bands, lowest
        self._reach = -(-(length // 2) // hop_length)  # frames that half a window touches
        self._begin = self._reach * hop_length - length // 2
        self._window = window.astype(np.float32)
        self._squared = np.square(window).astype(np.float32)
        self._bank = (bank * np.square(2.0 / window.sum())).T.astype(np.float32)
        self._spread = _spread(bank).T.astype(np.float32)
        self._behind = 2 * self._reach - 1
        self.latency = PASSES * self._behind
        """Frames by which the output lags."""

    def start(self) -> tuple[PassState, ...]:
        """The state before a sound begins."""
        samples = self._behind * self._hop_length
        nothing = np.full((self._bands, self._behind), np.nan, np.float32)
        return (
            PassState(np.zeros(samples, np.float32), nothing, np.zeros((2, samples), np.float32)),
        ) * PASSES

    def step(
        self, audio: Floats, outline: Floats, state: tuple[PassState, ...]
    ) -> tuple[Floats, tuple[PassState, ...]]:
        """The next ``n`` frames, ``[n * hop_length]`` and ``[bands, n]``, held.

        Returns:
            As many samples, of `latency` frames ago, and the state after them.
        """
        passed = []
        for each in state:
            audio, outline, after = self._passed(audio, outline, each)
            passed.append(after)
        return audio, tuple(passed)

    def _passed(
        self, audio: Floats, outline: Floats, state: PassState
    ) -> tuple[Floats, Floats, PassState]:
        count = outline.shape[1]
        heard = np.concatenate([state.audio, audio])
        spectra = np.fft.rfft(self._frames(heard, count) * self._window)
        wanted = np.concatenate([state.outline, outline], axis=1)[:, self._reach :][:, :count]
        exists = ~np.isnan(wanted[:1].T)
        gains = np.where(exists, self._gains(spectra, wanted.T), np.float32(0.0))
        shaped = np.asarray(np.fft.irfft(spectra * gains) * self._window, np.float32)
        empty = np.zeros((2, len(audio)), np.float32)
        summed = self._added(np.concatenate([state.summed, empty], axis=1), shaped, exists)
        done, rest = summed[:, : len(audio)], summed[:, len(audio) :]
        passing, queue = delayed(state.outline, outline)
        after = PassState(heard[len(audio) :], queue, rest)
        return done[0] / np.maximum(done[1], np.float32(1e-3)), passing, after

    def _frames(self, heard: Floats, count: int) -> Floats:
        """A view of the frames, ``[count, window]``; numpy's own way takes longer than the work."""
        size = heard.strides[0]
        return np.lib.stride_tricks.as_strided(
            heard[self._begin :], (count, len(self._window)), (self._hop_length * size, size)
        )

    def _gains(self, spectra: NDArray[np.complexfloating], wanted: Floats) -> Floats:
        """What each bin is multiplied by, ``[n, bins]``."""
        power = np.square(spectra.real) + np.square(spectra.imag)
        lacking_db = np.float32(SPAN_DB) * (wanted - controls_of(power @ self._bank))
        lacking_db[:, : self._lowest] = 0.0
        gains_db = np.clip(lacking_db, -SOFTER_DB, LOUDER_DB) @ self._spread
        return np.asarray(np.exp(np.float32(np.log(10.0) / 20.0) * gains_db), np.float32)

    def _added(self, summed: Floats, frames: Floats, exists: NDArray[np.bool_]) -> Floats:
        """The frames added to what is there, each where it belongs, with its weight; in place."""
        for index in np.flatnonzero(exists):
            place = slice(self._begin + index * self._hop_length, None)
            summed[:, place][0, : len(self._window)] += frames[index]
            summed[:, place][1, : len(self._window)] += self._squared
        return summed


def hold_to_outline(
    audio: Floats, outline: Floats, sample_rate: int, hop_length: int, lowest: int = 0
) -> Floats:
    """Give a whole sound ``[T]`` the mel outline ``[K, F]`` that it should have.

    Where the outline ends before the sound does, its last frame goes on. Bands below ``lowest`` are
    left as they are.
    """
    hold = Hold(sample_rate, hop_length, len(outline), lowest)
    frames = -(-len(audio) // hop_length) + hold.latency
    sound = np.pad(audio, (0, frames * hop_length - len(audio)))
    told = outline[:, np.minimum(np.arange(1 + len(audio) // hop_length), outline.shape[1] - 1)]
    wanted = np.pad(told, ((0, 0), (0, frames - told.shape[1])), constant_values=np.nan)
    state, held = hold.start(), []
    for first in range(0, frames, _AT_ONCE):
        some = slice(first * hop_length, (first + _AT_ONCE) * hop_length)
        out, state = hold.step(sound[some], wanted[:, first : first + _AT_ONCE], state)
        held.append(out)
    return np.concatenate(held)[hold.latency * hop_length :][: len(audio)]


def _spread(bank: Floats) -> NDArray[np.float64]:
    """From a gain for each band to a gain for each bin, ``[bins, bands]``."""
    shares = bank.astype(np.float64).T
    shares = shares / shares.max(axis=0)
    shares[0, 0] = shares[-1, -1] = 1.0  # beyond the outermost bands, theirs
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))
