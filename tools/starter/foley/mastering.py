"""The last step for every clip: no rumble, one loudness, no clipped peak, silent ends."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from foley.noise import Array, rms

TARGET_LUFS = -26.0
CEILING_DBTP = -4.5  # room for what Vorbis adds: shipped clips stay under -3


SHELF = (1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585)
HIGH_PASS = (1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621)
"""The two biquads of BS.1770 for 48 kHz: b0, b1, b2, a1, a2."""

Complex = NDArray[np.complex128]


def k_weighting(frequencies_hz: Array, sample_rate: int) -> Array:
    """Magnitude of the BS.1770 pre-filter (head shelf, then RLB high-pass) at 48 kHz design.

    The two biquads of the standard are given for 48 kHz; their response over hertz is used at
    any rate.
    """
    nyquist_safe = np.minimum(frequencies_hz, 0.49 * min(sample_rate, 48000))
    z = np.exp(-2j * np.pi * nyquist_safe / 48000)
    response = _biquad(z, SHELF) * _biquad(z, HIGH_PASS)
    return np.abs(response).astype(np.float32)


def _biquad(z: Complex, taps: tuple[float, ...]) -> Complex:
    b0, b1, b2, a1, a2 = taps
    return (b0 + b1 * z + b2 * z**2) / (1 + a1 * z + a2 * z**2)


def loudness_lufs(audio: Array, sample_rate: int) -> float:
    """Ungated BS.1770 loudness of [C, T]; our clips have no long silences to gate."""
    samples = audio.shape[-1]
    frequencies = np.fft.rfftfreq(samples, 1 / sample_rate)
    weighted = np.fft.irfft(np.fft.rfft(audio) * k_weighting(frequencies, sample_rate), n=samples)
    power = np.sum(np.mean(weighted**2, axis=-1))
    return float(-0.691 + 10 * np.log10(power + 1e-20))


def true_peak(audio: Array) -> float:
    """Largest magnitude of [C, T] between the samples too (4 times oversampled)."""
    samples = audio.shape[-1]
    over = np.fft.irfft(np.fft.rfft(audio), n=4 * samples) * 4
    return float(np.abs(over).max())


def without_rumble(audio: Array, sample_rate: int, cutoff_hz: float = 30.0) -> Array:
    """High-passed at `cutoff_hz`: no DC, nothing that only moves the loudspeaker."""
    samples = audio.shape[-1]
    f = np.fft.rfftfreq(samples, 1 / sample_rate)
    gain = f**2 / np.sqrt(f**4 + cutoff_hz**4)
    return np.fft.irfft(np.fft.rfft(audio) * gain.astype(np.float32), n=samples).astype(np.float32)


def limited(audio: Array, sample_rate: int, ceiling: float) -> Array:
    """Peaks of [C, T] turned down to `ceiling` by a gain that moves over 5 ms either way.

    Each 1 ms block asks for a gain; the lowest within 5 ms, then a Hann average over 5 ms, so that
    the gain has arrived when the peak does.
    """
    block = sample_rate // 1000
    count = -(-audio.shape[-1] // block)
    padded = np.pad(np.abs(audio).max(axis=0), (0, count * block - audio.shape[-1]))
    asked = np.minimum(1.0, ceiling / np.maximum(padded.reshape(count, block).max(axis=1), 1e-9))
    lowest = sliding_window_view(np.pad(asked, 10, mode="edge"), 11).min(axis=-1)
    kernel = np.hanning(13)[1:-1]
    smooth = np.convolve(lowest, kernel / kernel.sum(), mode="valid")
    centres = (np.arange(count) + 0.5) * block
    return (audio * np.interp(np.arange(audio.shape[-1]), centres, smooth)).astype(np.float32)


def faded(audio: Array, sample_rate: int, fade_in_s: float, fade_out_s: float) -> Array:
    """Raised-cosine ends, so that a clip starts and stops in silence."""
    gain = np.ones(audio.shape[-1], np.float32)
    rise, fall = int(fade_in_s * sample_rate), int(fade_out_s * sample_rate)
    gain[:rise] = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, rise))
    gain[gain.size - fall :] = 0.5 + 0.5 * np.cos(np.linspace(0, np.pi, fall))
    return audio * gain


def mastered(
    audio: Array, sample_rate: int, fade_in_s: float = 0.05, fade_out_s: float = 0.25
) -> Array:
    """The finished clip [C, T]: -26 LUFS, true peak under -3 dBTP, faded."""
    clean = faded(without_rumble(audio, sample_rate), sample_rate, fade_in_s, fade_out_s)
    if rms(clean) == 0:
        return clean
    ceiling = 10 ** (CEILING_DBTP / 20)
    for _ in range(5):  # limiting takes loudness away; give it back, and look again
        gain = 10 ** ((TARGET_LUFS - loudness_lufs(clean, sample_rate)) / 20)
        clean = limited(clean * np.float32(gain), sample_rate, 0.97 * ceiling)
    return clean * np.float32(min(1.0, ceiling / true_peak(clean)))
