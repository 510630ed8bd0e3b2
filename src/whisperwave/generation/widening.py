"""Widening: two channels and the top octaves, for a piece that a model plays in one channel.

The network plays the mid channel up to its own Nyquist frequency. What lies above is noise, and the
side channel is made of echoes of the mid; both are held to the outline of the very moments of the
picks that the piece is made of, so they come and go with it, and are as wide and as bright as the
picks are. After M. Dietz and others, "Spectral band replication" (AES 112, 2002), and J. Breebaart
and others, "Parametric coding of stereo audio" (EURASIP JASP 2005), with a filter in place of bits.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.decorrelation import velvet_echoes
from whisperwave.dsp.features.mel import mel_controls
from whisperwave.dsp.fir import Fir, delayed, interpolation
from whisperwave.dsp.shaping import Hold, PassState
from whisperwave.dsp.spectra import hz_to_mel, mel_to_hz

Floats = NDArray[np.float32]

TIMES = 3  # the rate of the wide sound over the model's: 48 kHz of 16
BANDS = 96
_NOISE_LEVEL = 0.01
_AIR = 0xA1  # the stream of the noise that becomes the top
_CUTOFF = 0.4775  # of the model's rate: resampling left the model nothing to learn above
_HALF_LENGTH = 320  # samples of that rate


def wide_outline(stereo: Floats, sample_rate: int, hop_length: int) -> Floats:
    """How loud mid and side are, ``[2, T]`` left and right to ``[2 * BANDS, F]``."""
    mid_and_side = (stereo[0] + stereo[1]) / 2.0, (stereo[0] - stereo[1]) / 2.0
    rows = [mel_controls(each, sample_rate, BANDS, hop_length) for each in mid_and_side]
    return np.concatenate(rows)


@dataclass(frozen=True, eq=False)
class WidenerState:
    """What widening remembers: where it is, each filter's past, and what waits for another."""

    frame: int
    raised: Floats
    air: Floats
    echoes: Floats
    mid_hold: tuple[PassState, ...]
    side_hold: tuple[PassState, ...]
    waiting_mid: Floats
    waiting_outlines: tuple[Floats, Floats]


class Widener:
    """Makes a sound wide, some frames at a time.

    Args:
        sample_rate: of the sound, in Hz.
        hop_length: samples of it in a frame.
        seed: of the piece.
    """

    def __init__(self, sample_rate: int, hop_length: int, seed: int) -> None:
        rate, self._hop_length, self._seed = TIMES * sample_rate, TIMES * hop_length, seed
        self._lag = -(-_HALF_LENGTH // hop_length)  # frames by which the raised sound is late
        low_pass = interpolation(TIMES, self._lag * hop_length, _CUTOFF)
        self._raise, self._top = Fir(low_pass), Fir(_rest(low_pass))
        self._echo = Fir(velvet_echoes(rate))
        self._mid_hold = Hold(rate, self._hop_length, BANDS, _first_band_above(sample_rate / 2.0))
        self._side_hold = Hold(rate, self._hop_length, BANDS)
        self.latency = self._lag + self._mid_hold.latency + self._side_hold.latency
        """Frames by which the output lags."""

    def start(self) -> WidenerState:
        """The state before a sound begins."""
        waits = (self._lag, self._lag + self._mid_hold.latency)
        return WidenerState(
            frame=0,
            raised=self._raise.start(),
            air=self._top.start(),
            echoes=self._echo.start(),
            mid_hold=self._mid_hold.start(),
            side_hold=self._side_hold.start(),
            waiting_mid=np.zeros(self._side_hold.latency * self._hop_length, np.float32),
            waiting_outlines=(_none(waits[0]), _none(waits[1])),
        )

    def step(
        self, audio: Floats, outline: Floats, state: WidenerState
    ) -> tuple[Floats, WidenerState]:
        """The next ``n`` frames, ``[n * hop_length]`` and ``[2 * BANDS, n]``, made wide.

        Returns:
            Left and right ``[2, TIMES * n * hop_length]``, of `latency` frames ago, and the state
            after them. Frames whose outline is NaN lie outside the sound.
        """
        mid_outline, side_outline = np.split(outline, 2)
        raised, raised_state = self._raise.step(audio, state.raised)
        air, air_state = self._top.step(self._noise(state.frame, outline.shape[1]), state.air)
        mid_told, mid_wait = delayed(state.waiting_outlines[0], mid_outline)
        mid, mid_state = self._mid_hold.step(raised + air, mid_told, state.mid_hold)
        echoes, echoes_state = self._echo.step(mid, state.echoes)
        side_told, side_wait = delayed(state.waiting_outlines[1], side_outline)
        side, side_state = self._side_hold.step(echoes, side_told, state.side_hold)
        mid, waiting_mid = delayed(state.waiting_mid, mid)
        after = WidenerState(
            frame=state.frame + outline.shape[1],
            raised=raised_state,
            air=air_state,
            echoes=echoes_state,
            mid_hold=mid_state,
            side_hold=side_state,
            waiting_mid=waiting_mid,
            waiting_outlines=(mid_wait, side_wait),
        )
        return np.stack([mid + side, mid - side]), after

    def _noise(self, first: int, count: int) -> Floats:
        """White noise by its place, ``[count * hop]``: the same however the frames are cut."""
        frames = [
            np.random.default_rng((self._seed, _AIR, frame)).standard_normal(
                self._hop_length, np.float32
            )
            for frame in range(first, first + count)
        ]
        return np.float32(_NOISE_LEVEL) * np.concatenate(frames)


def _none(frames: int) -> Floats:
    """The outline of frames before a sound begins."""
    return np.full((BANDS, frames), np.nan, np.float32)


def _rest(low_pass: NDArray[np.float64]) -> NDArray[np.float64]:
    """The response at the higher rate that passes what interpolation cannot have given."""
    response = -low_pass.T.ravel() / TIMES
    response[len(low_pass.T) // 2 * TIMES] += 1.0
    return response


def _first_band_above(frequency_hz: float) -> int:
    """The first band whose middle lies above a frequency, half the rate of the sound, or nearly."""
    top_hz = TIMES * frequency_hz
    mels = np.linspace(0.0, hz_to_mel(top_hz), BANDS + 2)
    return int(np.searchsorted(mel_to_hz(mels[1:-1]), 0.96 * frequency_hz))
