"""How loud a piece will be, by its outline: known before a sample of it is played."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.features.mel import MIDDLE_DB, SPAN_DB, mel_window_length
from whisperwave.dsp.loudness import gated_lufs, integrated_lufs, k_weighting_power
from whisperwave.dsp.running import running_mean
from whisperwave.dsp.spectra import hann_window, hz_to_mel, mel_filterbank, mel_to_hz
from whisperwave.generation.material import Material

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

_BLOCK_SECONDS, _STEP_SECONDS = 0.4, 0.1  # the gating blocks of BS.1770


def expected_lufs(outlines: Iterable[Doubles], frame_seconds: float) -> float:
    """The integrated loudness of a sound whose frames have some K-weighted powers, ``[F]`` each."""
    power = np.concatenate(list(outlines))
    width = min(max(1, round(_BLOCK_SECONDS / frame_seconds)), len(power))
    step = max(1, round(_STEP_SECONDS / frame_seconds))
    return gated_lufs(running_mean(power, width)[::step])


def picks_lufs(materials: Sequence[Material], sample_rate: int) -> float:
    """The mean loudness of the picks: what a model that is told no outline will come near."""
    powers = [
        each.share * 10.0 ** (integrated_lufs(each.audio, sample_rate) / 10.0) for each in materials
    ]
    return float(10.0 * np.log10(max(sum(powers), np.finfo(np.float64).tiny)))


class MelLevel:
    """From mel controls to K-weighted power.

    Args:
        sample_rate: of the sound that they describe, in Hz.
        bands: how many.
    """

    def __init__(self, sample_rate: int, bands: int) -> None:
        length = mel_window_length(sample_rate)
        bank = mel_filterbank(sample_rate, length, bands).astype(np.float64)
        weights = k_weighting_power(np.fft.rfftfreq(length, 1.0 / sample_rate), sample_rate)
        window = hann_window(length)
        mean_square = np.square(window.sum()) / (2.0 * length * np.square(window).sum())
        # Triangles that are divided by their heights share out every bin between them.
        edges_hz = mel_to_hz(np.linspace(0.0, hz_to_mel(sample_rate / 2.0), bands + 2))
        widths = (edges_hz[2:] - edges_hz[:-2]) / 2.0
        self._weights = mean_square * widths * (bank @ weights) / bank.sum(axis=1)

    def power_of_both(self, wide: Floats) -> Doubles:
        """Of left and right together, by a wide outline ``[2 * bands, F]``, mid above side."""
        mid, side = np.split(wide, 2)
        return 2.0 * (self.power(mid) + self.power(side))

    def power(self, controls: Floats) -> Doubles:
        """Of one channel, ``[bands, F]`` to ``[F]``."""
        levels = np.asarray(controls, np.float64) * (SPAN_DB / 10.0) + MIDDLE_DB / 10.0
        return np.asarray(self._weights @ 10.0**levels)
