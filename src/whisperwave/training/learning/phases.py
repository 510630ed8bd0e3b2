"""Which phase a run is in, and which of its weights stand still there: by the step alone."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from torch import nn

from whisperwave.errors import ConfigError
from whisperwave.training.settings.trainer import Phase, TrainerSettings


def phase_at(settings: TrainerSettings, step: int) -> Phase:
    """The phase of the step after ``step`` steps; behind the last one, the plain settings."""
    end = 0
    for phase in settings.phases:
        if phase.steps is None or step < end + phase.steps:
            return phase
        end += phase.steps
    return Phase()


def frozen_names(network: nn.Module, patterns: Iterable[str]) -> frozenset[str]:
    """The names of the weights that match any of the patterns (``layers.*``, ``embedding.?eight``).

    Raises:
        ConfigError: ``NOTHING_FROZEN``, a pattern matches no weight; ``NOTHING_LEFT``, together
            they match all.
    """
    names = [name for name, _ in network.named_parameters()]
    found: set[str] = set()
    for pattern in patterns:
        matched = {name for name in names if fnmatchcase(name, pattern)}
        if not matched:
            raise ConfigError(
                "NOTHING_FROZEN", f"freeze={pattern!r} matches no weight.",
                f"They are named like {', '.join(_some(names))}.",
            )  # fmt: skip
        found |= matched
    if len(found) == len(names):
        raise ConfigError(
            "NOTHING_LEFT", "freeze matches every weight; nothing could learn.", "Freeze fewer."
        )
    return frozenset(found)


def check(network: nn.Module, settings: TrainerSettings) -> None:
    """Refuse patterns that match nothing or all, before the first step of any phase."""
    for phase in (*settings.phases, Phase()):
        frozen_names(network, (*settings.freeze, *phase.freeze))


def freeze(network: nn.Module, settings: TrainerSettings, phase: Phase) -> None:
    """Let the weights that a phase names stand still, and all others learn."""
    still = frozen_names(network, (*settings.freeze, *phase.freeze))
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name not in still)


def _some(names: Sequence[str], count: int = 6) -> list[str]:
    return [names[place * (len(names) - 1) // (count - 1)] for place in range(count)]
