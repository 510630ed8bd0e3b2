"""Whispering: syllables of breath from ear to ear, in no language.

A whisper has no pitch: the glottis stands open and hisses, its formants lie higher than in voice,
the first most of all (Kallail and Emanuel, 1984), and damp faster.
"""

from dataclasses import dataclass

import numpy as np

from foley import speech
from foley.grains import pan_gains
from foley.noise import Array, band_pass, shaped_noise, slow_curve, tilted, unit

FIRST_FORMANT, OTHER_FORMANTS = 1.25, 1.06  # a whisper's beside a voice's


@dataclass(frozen=True)
class Whispering:
    """Somebody close by.

    Attributes:
        syllables_per_second: how fast.
        pause_s: between phrases.
        tract: over one for a small head.
        hiss: level of s, sh and f beside the vowels' 1.
        sways_hz: how often the mouth goes from ear to ear.
        breath: RMS of the breath that never stops.
    """

    syllables_per_second: float
    pause_s: float
    tract: float
    hiss: float
    sways_hz: float
    breath: float


VARIANTS = (
    ("Whispering, slow and close", Whispering(3.2, 0.55, 1.12, 0.45, 0.12, 0.05)),
    ("Whispering, ear to ear", Whispering(4.0, 0.40, 1.18, 0.55, 0.30, 0.04)),
    ("Whispering, a secret", Whispering(4.8, 0.35, 1.08, 0.40, 0.15, 0.07)),
    ("Whispering, deep voice", Whispering(3.5, 0.60, 0.98, 0.35, 0.20, 0.06)),
)


def render(
    setting: Whispering, rng: np.random.Generator, seconds: float, sample_rate: int
) -> Array:
    """The whisper as [2, T]."""
    samples = round(seconds * sample_rate)
    said = speech.spoken(rng, seconds, setting.syllables_per_second, setting.pause_s)
    vowels = _vowels(setting, rng, said, samples, sample_rate)
    hisses = speech.fricative_noise(rng, said, samples, sample_rate)
    mouth = unit(vowels) + np.float32(setting.hiss) * unit(hisses)
    side = np.clip(0.45 * slow_curve(rng, samples, sample_rate, setting.sways_hz), -0.8, 0.8)
    breath = shaped_noise(rng, samples, sample_rate, tilted(band_pass(500, 5000), -3))
    placed = pan_gains(side.astype(np.float64)).astype(np.float32) * mouth
    return placed + np.float32(setting.breath) * breath


def _vowels(
    setting: Whispering,
    rng: np.random.Generator,
    said: speech.Speech,
    samples: int,
    sample_rate: int,
) -> Array:
    """Breath through the tract, as strong as the vowels ask."""
    flat = shaped_noise(rng, samples, sample_rate, tilted(band_pass(150, 7500), -1), channels=1)[0]
    raised = said.formants_hz * np.array([[FIRST_FORMANT], [OTHER_FORMANTS], [OTHER_FORMANTS]])
    glides = speech.frames_of(raised, samples, sample_rate)
    _, size = speech.frame(sample_rate)
    bins = np.fft.rfftfreq(size, 1 / sample_rate).astype(np.float64)
    gains = speech.tract(glides, setting.tract, bins, widen=2.2)
    gains *= (np.maximum(bins, 100) / 1000) ** 0.6  # the lips radiate the high better
    strength = speech.at_rate(said.vowel, samples, sample_rate)
    return speech.through(flat, gains, sample_rate) * strength
