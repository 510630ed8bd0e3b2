"""Lines that are JSON objects: our own runs' ``log.jsonl``, and others' with names like ours.

An object with a step and a known value is taken, whatever else it holds; an event that says
something of the run besides is noted; an unknown one is let pass.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

from whisperwave.reports.histories import history
from whisperwave.reports.histories.history import Kind, Recorder

_NAMES = {
    history.LOSS: ("bits", "loss", "train_bits", "train_loss", "training_loss"),
    history.VALIDATION: (
        "validation_bits", "validation_loss", "val_bits", "val_loss", "valid_loss", "eval_loss",
    ),
    history.SECONDS: ("seconds_per_step", "sec_per_step", "step_seconds", "step_time"),
    history.RATE: ("learning_rate", "lr"),
    history.ACCURACY: ("accuracy", "train_accuracy", "next_sample_accuracy", "train_acc", "acc"),
    history.VALIDATION_ACCURACY: (
        "validation_accuracy", "val_accuracy", "validation_acc", "val_acc",
    ),
}  # fmt: skip
_SERIES = {key: name for name, keys in _NAMES.items() for key in keys}
_UNNAMED = ""
_OF_VALUES = (_UNNAMED, "step", "validation", "train", "eval")  # events whose values are the run's
_STEPS = ("step", "global_step", "iteration")
_BITS = ("bits", "train_bits", "validation_bits")
_MACHINE = re.compile(r"\b(?:machine|host|computer|node)\b")


class EventLines:
    """Reads lines one after the other into a recorder.

    Args:
        recorder: takes what they say.
        targets: samples that a step learns to foretell, where that is known; a speed in targets is
            a speed in steps then.
    """

    def __init__(self, recorder: Recorder, targets: int | None = None) -> None:
        self._recorder = recorder
        self._targets = targets
        self._host = ""
        self._events: dict[str, Callable[[Mapping[str, Any]], None]] = {
            **dict.fromkeys(_OF_VALUES, self._read_values),
            "restart": self._restart,
            "resume": self._resumed,
            "resumed": self._resumed,
            "rollback": self._rollback,
            "rolled_back": self._rollback,
            "prepared": self._prepared,
            "generated": self._generated,
        }

    def read(self, line: str) -> bool:
        """Take one line; False if it is no JSON object, or one that was cut off."""
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            return False
        if not isinstance(event, dict):
            return False
        named = {re.sub(r"\W+", "_", str(key).lower()): value for key, value in event.items()}
        self._read_host(named)
        read = self._events.get(str(named.get("event", _UNNAMED)))
        if read:
            read(named)
        return True

    def _read_values(self, event: Mapping[str, Any]) -> None:
        step = next((event[name] for name in _STEPS if name in event), None)
        if not _is_number(step) or not 0 <= step < 2**53:
            return
        values = {_SERIES[k]: float(v) for k, v in event.items() if k in _SERIES and _is_number(v)}
        speed, targets = event.get("steps_per_second"), event.get("targets_per_second")
        if self._targets and _is_number(targets):
            speed = targets / self._targets
        if history.SECONDS not in values and _is_number(speed) and speed > 0:
            values[history.SECONDS] = 1.0 / speed
        if values:
            if any(name in event for name in _BITS):
                self._recorder.unit = "bits per sample"
            self._recorder.values(int(step), values)

    def _read_host(self, event: Mapping[str, Any]) -> None:
        host = event.get("host")
        if not isinstance(host, str):
            return
        if self._host and host != self._host:
            self._recorder.started_again("machine", "the log says so", attempts=0)
        self._host = host

    def _restart(self, event: Mapping[str, Any], attempts: int = 1) -> None:
        said = " ".join(str(event.get(name, "")) for name in ("kind", "reason")).lower()
        kind: Kind = "machine" if _MACHINE.search(said) else "crash"
        self._recorder.started_again(kind, "the log says so", attempts)

    def _resumed(self, event: Mapping[str, Any]) -> None:
        """The run goes on; whoever started it again may have said so before."""
        self._restart(event, attempts=0)

    def _rollback(self, _event: Mapping[str, Any]) -> None:
        self._recorder.started_again("rollback", "the log says so")

    def _prepared(self, event: Mapping[str, Any]) -> None:
        self._recorder.class_minutes.update(minutes_of(event.get("classes")))

    def _generated(self, event: Mapping[str, Any]) -> None:
        seconds = event.get("elapsed_seconds", event.get("seconds"))
        if _is_number(seconds):
            self._recorder.generated(float(seconds))


def minutes_of(classes: object) -> dict[str, float]:
    """Minutes by class, from a mapping of them or from a model file's catalogue of styles."""
    if isinstance(classes, Mapping):
        pairs = list(classes.items())
    elif isinstance(classes, list | tuple):
        entries = [each for each in classes if isinstance(each, Mapping)]
        pairs = [(e.get("style"), e.get("train_minutes", e.get("minutes"))) for e in entries]
    else:
        pairs = []
    return {str(name): float(m) for name, m in pairs if name and _is_number(m) and m > 0}


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
