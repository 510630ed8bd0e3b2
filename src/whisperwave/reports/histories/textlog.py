"""Lines of other projects' logs: ``step 12 - loss = 3.9, (30.5 sec/step)`` and its likes.

What counts is what a line says, not how it is punctuated: a step, and values with their names. A
line that says nothing known is told apart; none is ever an error.
"""

import re

from whisperwave.reports.histories import history
from whisperwave.reports.histories.history import Recorder

_PLAIN = r"([-+]?(?:\d+(?:[.,]\d+)?(?:e[-+]?\d+)?|nan|inf(?:inity)?))"
_NUMBER = _PLAIN + r"(?!\w|\.\d)"
_WHOLE = r"(\d{1,3}(?:,\d{3}){1,4}(?!\d)|\d{1,15}(?!\d))"
_IS = r"[\s:=\])]{0,6}(?:is\s{1,3}|at\s{1,3}step\s{1,3}\d+[\s:=]{0,4})?"
_TRAINING = r"(?<![a-z])(?<!val[\s_/-])(?<!test[\s_/-])(?:train(?:ing)?[\s_/-]{0,3})?"
_HELD_OUT = r"(?<![a-z])(?:valid(?:ation)?|val|test|dev|eval)[\s_/-]{1,3}"
_UNIT = r"(?:steps?|iter(?:ation)?s?|its?|batch(?:es)?)"
_SECOND = r"(ms|s|secs?|seconds?)"

_STEP = re.compile(
    rf"(?<![a-z/])(?:global[\s_-]?)?{_UNIT}\b[\s:=#\[(]{{0,4}}{_WHOLE}"
    rf"(?![\d.]*\s?(?:{_UNIT}|{_SECOND})\s?/)"
)
_STEP_OF = re.compile(rf"(?<![\d.:/]){_WHOLE}\s?/\s?\d[\d,]*(?![\d.:/])")
_EPOCH = re.compile(r"\bepoch\b[\s:=#\[(]{0,4}(\d+)")
_HELD_OUT_ONLY = re.compile(_HELD_OUT)
_VALUES = {
    history.VALIDATION: re.compile(rf"{_HELD_OUT}loss{_IS}{_NUMBER}"),
    history.VALIDATION_ACCURACY: re.compile(rf"{_HELD_OUT}acc(?:uracy)?{_IS}{_PLAIN}\s?(%)?"),
    history.LOSS: re.compile(rf"{_TRAINING}loss{_IS}{_NUMBER}"),
    history.ACCURACY: re.compile(rf"{_TRAINING}acc(?:uracy)?{_IS}{_PLAIN}\s?(%)?"),
    history.RATE: re.compile(rf"(?<![a-z])(?:lr|learning[\s_-]?rate){_IS}{_NUMBER}"),
}
_SECONDS = re.compile(rf"(?<![\d.,]){_PLAIN}\s?{_SECOND}\s?(?:/|per)\s?{_UNIT}\b")
_PER_SECOND = re.compile(rf"(?<![\d.,]){_PLAIN}\s?{_UNIT}\s?(?:/|per)\s?{_SECOND}\b")

_COLOURS = re.compile(r"\x1b\[[\d;]*[a-z]")  # that a terminal is told
_RESTART = re.compile(r"\bre-?start")
_RESUMED = re.compile(r"\bresum(?:e|ed|ing)\b|\brestor(?:ed|ing)\b")
_MOVED = re.compile(
    r"\b(?:mov|switch|migrat|chang|continu)\w*\b.{0,60}\b(?:machine|host|computer|node|server)\b"
)
_HOST = re.compile(r"^\W{0,4}(?:host(?:name)?|machine|node|running on)\s?[:=]\s?(\S{1,80})")
_STAMP = re.compile(r"^\s*(\d{13}|\d{10}(?:\.\d{1,9})?)\s*$")


class TextLines:
    """Reads lines one after the other into a recorder."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._step: int | None = None
        self._host = ""
        self._stamp: float | None = None
        self._steps = _Steps()

    def read(self, line: str) -> bool:
        """Take one line; False if it says nothing that is known."""
        words = _COLOURS.sub("", line.lower())
        return self._read_values(words) or self._read_start(words) or self._read_stamp(words)

    def _read_values(self, words: str) -> bool:
        values = values_of(words)
        if not values:
            return False
        step = self._steps.of(words)
        if step is None:
            return False
        self._recorder.values(step, values)
        return True

    def _read_start(self, words: str) -> bool:
        host = _HOST.match(words)
        moved = _MOVED.search(words)
        if moved or (host and self._host and host[1] != self._host):
            self._recorder.started_again("machine", "the log says so", attempts=0)
        if _RESTART.search(words):
            self._recorder.started_again("crash", "the log says so")
        elif _RESUMED.search(words):
            self._recorder.started_again("crash", "the log says so", attempts=0)
        elif not (host or moved):
            return False
        self._host = host[1] if host else self._host
        return True

    def _read_stamp(self, words: str) -> bool:
        """A line that is the time of day alone, in seconds or milliseconds since 1970."""
        found = _STAMP.match(words)
        if found is None:
            return False
        seconds = float(found[1]) / (1000.0 if len(found[1]) == 13 else 1.0)
        if self._stamp is not None and seconds > self._stamp:
            self._recorder.generated(seconds - self._stamp)
        self._stamp = seconds
        return True


class _Steps:
    """Which step a line is about.

    Where steps begin anew with each epoch they are counted on. A line without one belongs to the
    step before it, if it tells of held-out sound or of a whole epoch; in a log without any steps
    epochs are the steps.
    """

    def __init__(self) -> None:
        self._last: int | None = None
        self._epoch, self._in_epoch, self._earlier = 0, -1, 0

    def of(self, words: str) -> int | None:
        epoch = _EPOCH.search(words)
        found = _STEP.search(words) or _STEP_OF.search(words)
        if found is not None:
            self._last = self._counted_on(int(found[1].replace(",", "")), epoch)
            return self._last
        if self._last is None and epoch:
            return int(epoch[1])
        return self._last if epoch or _HELD_OUT_ONLY.search(words) else None

    def _counted_on(self, step: int, epoch: re.Match[str] | None) -> int:
        if epoch and int(epoch[1]) > self._epoch:
            if step <= self._in_epoch:
                self._earlier += self._in_epoch + (step == 0)
            self._epoch = int(epoch[1])
        self._in_epoch = step
        return self._earlier + step


def values_of(words: str) -> dict[str, float]:
    """The values that a line in small letters names, by the names of their series."""
    values: dict[str, float] = {}
    for name, pattern in _VALUES.items():
        found = pattern.search(words)
        if found:
            percent = found.re.groups > 1 and found[2]
            values[name] = _number(found[1]) / (100.0 if percent else 1.0)
    each = _SECONDS.search(words)
    if each:
        values[history.SECONDS] = _number(each[1]) / (1000.0 if each[2] == "ms" else 1.0)
    rate = _PER_SECOND.search(words)
    if rate and not each and _number(rate[1]) > 0.0:
        values[history.SECONDS] = (0.001 if rate[2] == "ms" else 1.0) / _number(rate[1])
    return values


def _number(text: str) -> float:
    return float(text.replace(",", "."))
