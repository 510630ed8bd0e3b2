"""Paper and foil that buckle: clicks whose energies follow a power law.

A crumpled sheet sounds in sudden snaps from one stable shape to another; their energies spread over
decades with an exponent between 1.0 and 1.6, whatever the sheet (Kramer and Lobkovsky, 1996; Houle
and Sethna, 1996).
"""

import numpy as np

from foley.grains import Bursts, Values, add_bursts
from foley.noise import Array

LOUDEST, SOFTEST = 0.14, 0.02  # a hand that is gentle lets none of the loudest happen


def amplitudes(rng: np.random.Generator, count: int, exponent: float) -> Values:
    """Amplitudes whose squares have the density E ** -exponent between two ends."""
    low, high = SOFTEST**2, LOUDEST**2
    power = 1 - exponent
    place = rng.random(count)
    if abs(power) < 1e-6:
        energy = low * (high / low) ** place
    else:
        energy = (low**power + place * (high**power - low**power)) ** (1 / power)
    return np.sqrt(energy)


def add_snaps(
    target: Array,
    rng: np.random.Generator,
    onset: Values,
    pan: Values,
    level: Values,
    pitch_hz: float,
    decay_s: float,
    sample_rate: int,
) -> None:
    """Each snap rings the sheet in four short modes; a loud snap bends more of it and is lower."""
    count = len(onset)
    for _ in range(4):
        pitch = pitch_hz * np.maximum(level, 0.05) ** -0.12 * np.exp(rng.normal(0, 0.45, count))
        decay = decay_s * rng.uniform(0.5, 1.6, count) * (0.7 + level)
        share = level * rng.uniform(0.3, 1.0, count)
        add_bursts(target, Bursts(onset, pitch, decay, share, pan), sample_rate, 1.5e-4)
