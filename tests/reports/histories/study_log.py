"""A text log as the genre study's: 15,000 steps, two machines' changes, 84 starts at 45 places."""

import numpy as np

STEPS = 15_000
MOVES = (343, 871)
STARTS = 84
_PLACES = 45


def study_log(seed: int = 0) -> str:
    rng = np.random.default_rng(seed)
    attempts = starts(rng)
    lines = []
    for step in range(STEPS):
        hour = f"{step // 3600 % 24:02}:{step // 60 % 60:02}:{step % 60:02}"
        lines += [f"Restarting the service at Wed Nov 27 {hour} EST 2019"] * attempts.get(step, 0)
        loss = 3.5 + 2.0 * np.exp(-step / 400) + rng.normal(0, 0.5)
        seconds = [184.0, 220.0, 30.5][sum(step >= move for move in MOVES)]
        spread = 2.0 if step >= MOVES[1] else 10.0
        slow = 14.0 if step in attempts else 0.0
        took = seconds + slow + rng.normal(0, spread)
        lines.append(f"step {step} - loss = {loss:.3f}, ({took:.3f} sec/step)")
    return "\n".join(lines) + "\n"


def starts(rng: np.random.Generator) -> dict[int, int]:
    """How many starts were made before which steps; all but the last of each came to nothing."""
    places = 1001 + 10 * rng.choice((STEPS - 1100) // 10, _PLACES, replace=False)
    counts = np.ones(_PLACES, int)
    for more in rng.choice(_PLACES, STARTS - _PLACES):
        counts[more] += 1
    return {int(place): int(count) for place, count in zip(places, counts, strict=True)}
