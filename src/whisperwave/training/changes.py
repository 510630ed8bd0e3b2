"""Settings that differ from those a run began with: which may, and how the difference reads."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from whisperwave.errors import ConfigError
from whisperwave.training.settings import RunSettings
from whisperwave.training.styles import NUMBERS

# How long, how fast, how often and where: none of these turns one experiment into another.
ALLOWED = frozenset(
    {
        "name", "licence", "folder", "accelerator", "tracker.name", "tracker.uri",
        "tracker.experiment",
        *(
            f"trainer.{key}"
            for key in (
                "steps", "minutes", "learning_rate", "threads", "workers", "report_steps",
                "validation_steps", "validation_crops", "checkpoint_steps", "checkpoint_minutes",
                "checkpoint_epochs", "keep_checkpoints", "keep_every", "snapshot_steps", "retries",
                "wait_minutes", "check_memory", "preview_seconds",
            )
        ),
    }
)  # fmt: skip

_COUNTED = f"model.{NUMBERS}"  # where it is null, the sounds tell; the network shows a difference


def flat(mapping: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings as ``trainer.steps``-like names."""
    found: dict[str, Any] = {}
    for key, value in mapping.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = value
    return found


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What changed, by name: the value then and now. A setting that is new here changed nothing.

    Raises:
        ConfigError: ``SETTINGS_CHANGED``, with the whole difference, when something changed that
            would make it another run.
    """
    then, today = flat(before), flat(now)
    changed = {
        name: [value, today.get(name)]
        for name, value in then.items()
        if name not in today or not _same(name, value, today[name])
    }
    refused = sorted(changed.keys() - ALLOWED)
    if refused:
        shown = "; ".join(f"{name}: {changed[name][0]} then, {changed[name][1]} now"
                          for name in refused)  # fmt: skip
        raise ConfigError(
            "SETTINGS_CHANGED",
            f"The run began with other settings: {shown}.",
            "Give it the old ones, or begin another with name=…; warm_start=CHECKPOINT takes "
            "what this one has learned along.",
        )
    return changed


def gone_on(settings: RunSettings, before: Mapping[str, Any]) -> RunSettings:
    """The settings of a run that goes on: where they leave the numbers of a texture open, its own.

    Classes are counted anew, so that other sounds are found to be others.
    """
    own = before["model"].get(NUMBERS)
    if settings.data.style == "classes" or settings.model.get(NUMBERS, own) is not None:
        return settings
    return replace(settings, model=settings.model | {NUMBERS: own})


def _same(name: str, then: Any, now: Any) -> bool:
    return bool(then == now) or (name == _COUNTED and None in (then, now))
