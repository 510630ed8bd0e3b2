"""How the learning rate moves: a function of the step and of the share of the run that is done.

There is no state in it, so there is none to lose in a restart.
"""

import math
from collections.abc import Callable

from whisperwave.training.settings.trainer import TrainerSettings

_LEAST = 0.01  # of the rate, where the cosine ends


def rate(settings: TrainerSettings, step: int, progress: float) -> float:
    """The learning rate of the step after ``step`` steps, ``progress`` (0 to 1) of the run done."""
    warmup = min(1.0, (step + 1) / settings.warmup_steps)
    fall = _FALLS[settings.schedule](settings, step, progress)
    return settings.learning_rate * warmup * fall


def _cosine(_settings: TrainerSettings, _step: int, progress: float) -> float:
    return _LEAST + (1.0 - _LEAST) * 0.5 * (1.0 + math.cos(math.pi * progress))


def _exponential(settings: TrainerSettings, step: int, _progress: float) -> float:
    return float(settings.rate_factor ** (step / settings.rate_steps))


def _step(settings: TrainerSettings, step: int, _progress: float) -> float:
    return float(settings.rate_factor ** (step // settings.rate_steps))


def _constant(_settings: TrainerSettings, _step: int, _progress: float) -> float:
    return 1.0


_FALLS: dict[str, Callable[[TrainerSettings, int, float], float]] = {
    "cosine": _cosine,
    "exponential": _exponential,
    "step": _step,
    "constant": _constant,
}
