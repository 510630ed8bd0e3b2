"""The verdict on a run: under-fitting, over-fitting or fine, by numbers that are stated."""

from dataclasses import dataclass, replace

import numpy as np

from whisperwave.reports.histories.history import LOSS, VALIDATION, History, Series
from whisperwave.reports.histories.trend import at, noise, trend

LEAST_VALIDATIONS = 3
LEAST_STEPS = 20  # values of the loss
DIVERGED = 0.05  # above the lowest trend
RISEN = 0.01  # held-out loss, above its lowest
WIDE_GAP = 0.10  # between held-out and training loss
LEARNED = 0.01  # what the loss must fall by in all
STILL_FALLING = 0.01  # over the last fifth of the steps
LAST_PART = 0.2
NOISES = 4.0  # the lowest of many values of a trend lies two or three below it by chance alone

RULES = (
    f"Diverging: the trend of the training loss ends {DIVERGED:.0%} or more above its lowest, and "
    f"the loss on held-out sound {RISEN:.0%} or more above its own. "
    f"Over-fitting: the loss on held-out sound ends {RISEN:.0%} or more above its lowest; or it "
    f"ends above its lowest, and {WIDE_GAP:.0%} or more above the training loss, and by more than "
    "the training loss is known. "
    f"Not moving: neither loss fell by {LEARNED:.0%} in all. "
    f"Under-fitting: it still fell by {STILL_FALLING:.0%} or more in the last {LAST_PART:.0%} of "
    "the steps. Fine: none of these. The first that holds is said. Where held-out sound was looked "
    f"at {LEAST_VALIDATIONS} times or more, its loss says what still falls, as it is always of the "
    "same sound; else the trend of the training loss does, and a change counts where it passes "
    f"{NOISES:g} standard deviations of the trend."
)

_WORDS = {
    "diverging": "The training loss is rising: take a smaller learning rate, and go on from an "
    "earlier checkpoint.",
    "over-fitting": "The model learns its training sound by heart: take the checkpoint with the "
    "lowest held-out loss, or train with more sound or a smaller model.",
    "not moving": "The loss has hardly moved: the run went on from another that had learned all "
    "this, or its learning rate or its sound is wrong.",
    "under-fitting": "The loss is still falling: train for longer, or with a larger model.",
    "fine": "The loss has levelled off, and on held-out sound it is at its lowest, or nearly.",
    "fine, as far as can be seen": "Nothing speaks against the run, but held-out sound was not "
    "looked at often enough to see whether it over-fits.",
    "unknown": "There are too few steps to judge by.",
}


@dataclass(frozen=True)
class Verdict:
    """What is said of a run, and the numbers that say it; shares of a loss, None if unknown.

    Args:
        word: the verdict.
        learned: what the loss fell by in all, of what it was at first.
        falling: what it fell by in the last part of the steps.
        by: whose loss these two are of, ``held-out`` or ``training``.
        noise: `NOISES` standard deviations of the training loss's trend at its ends.
        diverged: how far that trend ends above its lowest.
        gap: how far the held-out loss ends above the training loss.
        within: how nearly the training loss is known there, two standard deviations of its trend.
        rise: how far the held-out loss ends above its lowest.
        best_step: where that lowest is.
    """

    word: str
    learned: float | None = None
    falling: float | None = None
    by: str = "training"
    noise: float | None = None
    diverged: float | None = None
    gap: float | None = None
    within: float | None = None
    rise: float | None = None
    best_step: int | None = None

    @property
    def advice(self) -> str:
        """What it means and what to do."""
        return _WORDS[self.word]


def verdict(history: History) -> Verdict:
    """Judge a run by the trend of its training loss and by its losses on held-out sound."""
    losses, seen = history.of(LOSS).finite, history.of(VALIDATION).finite
    if len(losses) < LEAST_STEPS:
        return Verdict("unknown")
    smooth = trend(losses)
    lowest = float(smooth.values.min())
    made = _with_learned(
        Verdict(
            word="fine",
            noise=NOISES * float(noise(losses, losses.steps[[0, -1]]).max()) / _size(lowest),
            diverged=float(smooth.values[-1] - lowest) / _size(lowest),
        ),
        smooth,
    )
    if len(seen) >= LEAST_VALIDATIONS:
        best = int(np.argmin(seen.values))
        training = float(at(losses, seen.steps[-1:])[0])
        learned = made.learned or 0.0
        made = replace(
            _with_learned(made, seen, learned if learned >= (made.noise or 0.0) else 0.0),
            by="held-out",
            gap=float(seen.values[-1] - training) / _size(training),
            within=2.0 * float(noise(losses, seen.steps[-1:])[0]) / _size(training),
            rise=float(seen.values[-1] - seen.values[best]) / _size(float(seen.values[best])),
            best_step=int(seen.steps[best]),
        )
    return replace(made, word=_word(made))


def _with_learned(made: Verdict, curve: Series, least: float = 0.0) -> Verdict:
    """What a curve fell by, in all (``least`` or more) and in the last part of its steps."""
    last_part = curve.steps[-1] - LAST_PART * np.ptp(curve.steps)
    before = float(np.interp(last_part, curve.steps, curve.values))
    first, last, lowest = (float(v) for v in (*curve.values[[0, -1]], curve.values.min()))
    return replace(
        made,
        learned=max(least, (first - lowest) / _size(first)),
        falling=(before - last) / _size(lowest),
    )


def _size(loss: float) -> float:
    return max(abs(loss), 1e-9)


def _word(found: Verdict) -> str:
    """The first of the rules that holds."""
    rise, gap, noise = found.rise, found.gap or 0.0, found.noise or 0.0
    wide = max(WIDE_GAP, found.within or 0.0)
    unsure = 0.0 if found.by == "held-out" else noise
    if (found.diverged or 0.0) >= max(DIVERGED, noise) and (rise is None or rise >= RISEN):
        return "diverging"
    if rise is not None and (rise >= RISEN or (rise > 0.0 and gap >= wide)):
        return "over-fitting"
    if (found.learned or 0.0) < max(LEARNED, unsure):
        return "not moving"
    if (found.falling or 0.0) >= max(STILL_FALLING, unsure):
        return "under-fitting"
    return "fine" if rise is not None else "fine, as far as can be seen"
