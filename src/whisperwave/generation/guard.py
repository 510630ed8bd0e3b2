"""The guard against sudden rises: who falls asleep to a piece is not woken by it.

The rule: no 400 ms are more than 6 dB louder than the loudest 400 ms of the ten seconds that ended
a second before. A drum that was heard a moment ago may be heard again; a loud moment after a quiet
one comes in gradually. The guard hears ahead, so that it turns down before the rise and not after.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.fir import delayed
from whisperwave.dsp.loudness import KWeighting, lufs
from whisperwave.dsp.running import running_least, running_mean

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

RISE_DB, RISE_SECONDS = 6.0, 1.0
MEMORY_SECONDS = 10.0
WINDOW_SECONDS = 0.4  # what BS.1770 calls momentary
QUIET_DB = 30.0  # under the piece's loudness; silence counts as this loud
_EASE_SECONDS = 0.1
_LEAST_POWER = 1e-15


@dataclass(frozen=True, eq=False)
class GuardState:
    """What the guard remembers, a number a frame but for the audio.

    ``power`` is the K-weighted power that came in, ``passed`` that which went out, ``loudness`` the
    same by windows in LUFS, ``allowed`` the gains that windows ask for in dB, ``gain`` the last.
    """

    frame: int
    audio: Floats
    weighting: Doubles
    power: Doubles
    passed: Doubles
    loudness: Doubles
    allowed: Doubles
    gain: float


class RiseGuard:
    """Keeps a sound from rising faster than the rule allows, some frames at a time.

    Before a sound begins lies whatever it likes: how it begins is a matter of its fade.

    Args:
        sample_rate: in Hz.
        hop_length: samples in a frame; a hundredth of a second does well.
        loudness_lufs: what the piece is expected to have.
    """

    def __init__(self, sample_rate: int, hop_length: int, loudness_lufs: float) -> None:
        rate = sample_rate / hop_length
        self._hop_length, self._floor = hop_length, loudness_lufs - QUIET_DB
        self._window = max(1, round(WINDOW_SECONDS * rate))
        self._ease = max(1, round(_EASE_SECONDS * rate))
        self._lag = self._window + 2 * self._ease
        self._apart = max(round(RISE_SECONDS * rate), self._lag + 1)
        self._memory = round(MEMORY_SECONDS * rate)
        self._weighting = KWeighting(sample_rate)
        self.latency = self._lag * hop_length
        """Samples by which the output lags."""

    def start(self, channels: int) -> GuardState:
        """The state before a sound."""
        return GuardState(
            frame=0,
            audio=np.zeros((channels, self.latency), np.float32),
            weighting=self._weighting.start(channels),
            power=np.zeros(self._lag),
            passed=np.zeros(self._window - 1),
            loudness=np.full(self._memory + self._apart - self._lag, -np.inf),
            allowed=np.zeros(self._window + 4 * self._ease + 1),
            gain=1.0,
        )

    def step(self, audio: Floats, state: GuardState) -> tuple[Floats, GuardState]:
        """The next frames ``[C, n * hop_length]``: as many, of `latency` ago, and the state."""
        most, parts = (self._apart - self._lag) * self._hop_length, []
        for start in range(0, audio.shape[1], most):
            part, state = self._guarded(audio[:, start : start + most], state)
            parts.append(part)
        return (parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)), state

    def _guarded(self, audio: Floats, state: GuardState) -> tuple[Floats, GuardState]:
        weighted, weighting = self._weighting.step(audio.astype(np.float64), state.weighting)
        framed = np.square(weighted).reshape(len(audio), -1, self._hop_length)
        power = np.concatenate([state.power, framed.mean(axis=2).sum(axis=0)])
        count = framed.shape[1]
        allowed = np.concatenate([state.allowed, self._allowed(power, count, state)])
        gains = self._eased(allowed)
        before = np.concatenate([[state.gain], gains[:-1]])
        ramped = (before**2 + before * gains + gains**2) / 3.0
        passed = np.concatenate([state.passed, power[:count] * ramped])
        loudness = np.concatenate([state.loudness, self._loudness(passed)])
        out, queue = delayed(state.audio, audio)
        after = GuardState(
            frame=state.frame + count,
            audio=queue,
            weighting=weighting,
            power=power[count:],
            passed=passed[count:],
            loudness=loudness[count:],
            allowed=allowed[count:],
            gain=float(gains[-1]),
        )
        return self._turned_down(out, before, gains), after

    def _allowed(self, power: Doubles, count: int, state: GuardState) -> Doubles:
        """The gain in dB, 0 or less, that each new window asks for."""
        loudness = self._loudness(power[len(power) - count - self._window + 1 :])
        heard = -running_least(-state.loudness[: self._memory + count], self._memory + 1)
        excess = loudness - np.maximum(heard, self._floor) - RISE_DB
        excess[: max(0, self._apart + self._window - 1 - state.frame)] = 0.0
        return -np.maximum(excess, 0.0)

    def _loudness(self, power: Doubles) -> Doubles:
        return lufs(np.maximum(running_mean(power, self._window), _LEAST_POWER))

    def _eased(self, allowed: Doubles) -> Doubles:
        """A gain that moves slowly and is nowhere above what a window that hears it allows."""
        if not allowed.any():
            return np.ones(len(allowed) - self._window - 4 * self._ease - 1)
        least = running_least(allowed, self._window + 2 * self._ease + 2)
        return np.asarray(10.0 ** (running_mean(least, 2 * self._ease + 1) / 20.0))

    def _turned_down(self, audio: Floats, before: Doubles, gains: Doubles) -> Floats:
        if (gains == 1.0).all() and before[0] == 1.0:
            return audio
        rise = (np.arange(self._hop_length) + 0.5) / self._hop_length
        ramps = before[:, None] + (gains - before)[:, None] * rise
        return audio * ramps.ravel().astype(np.float32)
