"""A room around a sound: its tail as noise that decays."""

import numpy as np

from foley.noise import Array, Response, band_pass, rms, shaped_noise


def reverberated(
    rng: np.random.Generator,
    audio: Array,
    sample_rate: int,
    decay_s: float,
    share: float,
    response: Response | None = None,
) -> Array:
    """[2, T] with the tail of a diffuse room, exponential as Polack (1988) models it.

    Args:
        rng: the room's own random numbers.
        audio: the dry sound.
        sample_rate: in Hz.
        decay_s: time in which the tail falls by 60 dB.
        share: RMS of the tail beside the dry sound's.
        response: colour of the tail; a soft furnished room when not given.
    """
    samples, tail = audio.shape[-1], round(decay_s * sample_rate)
    colour = response if response is not None else band_pass(120, 3000, order=1)
    impulse = shaped_noise(rng, tail, sample_rate, colour)
    t = np.arange(tail) / tail
    impulse *= (10 ** (-3 * t) * (1 - np.exp(-t * decay_s / 0.008))).astype(np.float32)
    size = samples + tail
    wet = np.fft.irfft(np.fft.rfft(audio, n=size) * np.fft.rfft(impulse, n=size), n=size)
    heard = wet[:, :samples].astype(np.float32)
    level = share * rms(audio) / max(rms(heard), 1e-12)
    return (audio + np.float32(level) * heard).astype(np.float32)
