"""Settings that differ from those a run began with: which may, and how the difference reads."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from whisperwave import __version__
from whisperwave.errors import ConfigError
from whisperwave.training.settings.hydra_app import compose
from whisperwave.training.settings.run import STYLE_NUMBERS, RunSettings

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

# Where it is null, the sounds tell; the network shows whether it is another.
_COUNTED = f"model.{STYLE_NUMBERS}"
_ABSENT = "not there"


def flat(mapping: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings as ``trainer.steps``-like names."""
    found: dict[str, Any] = {}
    for key, value in mapping.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = value
    return found


def changes(
    before: Mapping[str, Any], now: Mapping[str, Any], version: str | None = None
) -> dict[str, list[Any]]:
    """What changed, by name: the value then and now; null for a setting that was not there then.

    A setting that is newer than the run has changed where it is not as it is by itself, which is
    what there was before one could choose.

    Args:
        before: the settings that the run began with.
        now: those it is to go on with.
        version: which WhisperWave wrote the former, where that is known.

    Raises:
        ConfigError: ``SETTINGS_CHANGED``, with the whole difference, when something changed that
            would make it another run; ``SETTINGS_UNKNOWN``, the run has settings that there are
            not here, so that nobody here can say what they do.
    """
    then, today = flat(before), flat(now)
    _check_known({name: then[name] for name in then.keys() - today.keys()}, version)
    usual = _usual() if today.keys() - then.keys() else {}
    changed = {
        name: [then.get(name), value]
        for name, value in today.items()
        if not _same(name, then.get(name, usual.get(name, _ABSENT)), value)
    }
    refused = sorted(changed.keys() - ALLOWED)
    if refused:
        shown = "; ".join(f"{name}: {then.get(name, _ABSENT)} then, {today[name]} now"
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
    own = before["model"].get(STYLE_NUMBERS)
    if settings.data.style == "classes" or settings.model.get(STYLE_NUMBERS, 0) is not None:
        return settings
    return replace(settings, model=settings.model | {STYLE_NUMBERS: own})


def _check_known(unknown: Mapping[str, Any], version: str | None) -> None:
    """Refuse settings that are not there any more, or not yet, unless they could be anything."""
    strange = sorted(unknown.keys() - ALLOWED)
    if not strange:
        return
    shown = ", ".join(f"{name}={unknown[name]}" for name in strange)
    wrote = f"whisperwave {version}" if version else "another whisperwave"
    raise ConfigError(
        "SETTINGS_UNKNOWN",
        f"The run has settings that whisperwave {__version__} does not know: {shown}. It was last "
        f"taken on by {wrote}.",
        f"Go on with {wrote}; or begin another with name=…, where warm_start=CHECKPOINT takes what "
        "this one has learned along.",
    )


def _usual() -> dict[str, Any]:
    """What each setting is where nobody says anything."""
    return flat(RunSettings.from_mapping(compose(())).as_mapping())


def _same(name: str, then: Any, now: Any) -> bool:
    return bool(then == now) or (name == _COUNTED and None in (then, now))
