"""Two kinds of sound that no model here was trained on: a singing bowl, and bubbles."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

CLIPS = 4
SECONDS = 12.0


def singing_bowl(rng: np.random.Generator, sample_rate: int) -> Floats:
    """Slow strikes of a bowl; each mode is a pair a hertz or so apart, which beats as it fades."""
    time = np.arange(round(SECONDS * sample_rate)) / sample_rate
    audio = 1e-4 * rng.standard_normal(len(time))
    ground_hz = rng.uniform(180.0, 260.0)
    strike = 0.2
    while strike < SECONDS - 1.0:
        since = np.maximum(time - strike, 0.0)
        for ratio, level in ((1.0, 1.0), (2.71, 0.6), (5.15, 0.35), (8.2, 0.15)):
            for twin in (-0.4, 0.4):
                hz = ratio * ground_hz + twin * rng.uniform(0.5, 1.5)
                fading = np.exp(-since * ratio / 3.0) * (1.0 - np.exp(-since / 0.01))
                audio += 0.05 * level * fading * np.sin(2.0 * np.pi * hz * since)
        strike += rng.uniform(2.0, 4.0)
    return audio.astype(np.float32)


def bubbles(rng: np.random.Generator, sample_rate: int) -> Floats:
    """Air rising through a narrow pipe: damped sines that glide up, a dozen a second."""
    audio = 2e-4 * rng.standard_normal(round(SECONDS * sample_rate))
    count = rng.poisson(12.0 * SECONDS)
    for start in rng.integers(0, len(audio) - sample_rate // 4, count):
        hz, length_s = rng.uniform(350.0, 1_100.0), rng.uniform(0.02, 0.09)
        since = np.arange(round(4.0 * length_s * sample_rate)) / sample_rate
        phase = 2.0 * np.pi * hz * (since + 0.8 * since**2 / length_s)
        fading = np.exp(-since / length_s) * (1.0 - np.exp(-since / 0.002))
        place = audio[start : start + len(since)]
        place += (rng.uniform(0.05, 0.3) * fading * np.sin(phase))[: len(place)]
    return audio.astype(np.float32)


KINDS = {"singing bowl": singing_bowl, "bubbles": bubbles}


def clips(kind: str, sample_rate: int) -> list[Floats]:
    """Four clips ``[T]`` of a kind; the first two are to be picked."""
    seeds = range(100, 100 + CLIPS)
    return [KINDS[kind](np.random.default_rng(seed), sample_rate) for seed in seeds]
