"""Reading runs: run folders, JSON lines and text logs, joined into one history."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from whisperwave import modelfile
from whisperwave.errors import ConfigError, WhisperwaveError
from whisperwave.reports.histories.eventlog import EventLines, minutes_of
from whisperwave.reports.histories.history import (
    NOTHING,
    SECONDS,
    History,
    Recorder,
    Restart,
    Series,
)
from whisperwave.reports.histories.speed import lasting_changes
from whisperwave.reports.histories.textlog import TextLines

LOG = "log.jsonl"
_SETTINGS = "settings.json"
_LONGEST_LINE = 4000  # letters; the rest of a longer one is read as a line of its own
_EXAMPLES = 5
_EXAMPLE_LETTERS = 80
_NEAR = 2  # steps between a restart and the change of speed that belongs to it
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # how it begins; letters of logs have a zero byte in it


def read_history(sources: Sequence[Path], moved_at: Sequence[int] = ()) -> History:
    """The history that some run folders or log files tell together.

    Logs are joined in the order of their first steps. Lines that are JSON objects are read as
    events, others as text.

    Args:
        sources: at least one.
        moved_at: steps before which the run went on on another machine, as a person knows.

    Raises:
        ConfigError: ``NO_SUCH_LOG``, or ``NO_STEPS`` in any of them.
    """
    logs = sorted((_Log(source) for source in sources), key=lambda log: log.first_step)
    recorder = Recorder()
    for index, log in enumerate(logs):
        if index:
            recorder.started_again("crash", "another log begins", attempts=0)
        log.read(recorder)
    series = recorder.series()
    if not series and not recorder.generation_seconds:
        raise ConfigError(
            "NO_STEPS",
            f"no line of {', '.join(repr(str(each)) for each in sources)} tells of a step.",
            "Give a run folder of `whisperwave train`, or a log with lines such as "
            "`step 12 - loss = 3.9, (30.5 sec/step)`.",
        )
    speed = series.get(SECONDS, NOTHING) if any(log.is_text for log in logs) else NOTHING
    return History(
        name=", ".join(log.name for log in logs),
        unit=recorder.unit,
        series=series,
        restarts=with_moves(recorder.restarts(), moved_at, speed),
        redone=recorder.redone,
        generation_seconds=tuple(recorder.generation_seconds),
        class_minutes=recorder.class_minutes or {k: v for log in logs for k, v in log.minutes()},
        lines=sum(log.lines for log in logs),
        unread=sum(log.unread for log in logs),
        examples=tuple(each for log in logs for each in log.examples)[:_EXAMPLES],
    )


class _Log:
    """One log, and what was found on reading it."""

    def __init__(self, source: Path) -> None:
        self.name = source.resolve().name
        self._folder = source if source.is_dir() else None
        self._path = source / LOG if source.is_dir() else source
        self.lines, self.unread, self.examples, self.is_text = 0, 0, list[str](), False
        _refuse_missing(self._path)
        alone = Recorder()
        self.read(alone)
        self.first_step = alone.first_step

    def read(self, recorder: Recorder) -> None:
        """Tell a recorder all of it."""
        self.lines, self.unread, self.examples = 0, 0, []
        events = EventLines(recorder, _targets(self._folder))
        text = TextLines(recorder)
        for number, line in enumerate(_lines(self._path), start=1):
            if not line.strip():
                continue
            self.lines += 1
            if line.lstrip().startswith("{") and events.read(line):
                continue
            if text.read(line):
                self.is_text = True
                continue
            self.unread += 1
            if len(self.examples) < _EXAMPLES:
                self.examples.append(f"{self.name}:{number}: {line.strip()[:_EXAMPLE_LETTERS]}")

    def minutes(self) -> Iterator[tuple[str, float]]:
        """Minutes of each class that the run's newest model was trained on, if there is one."""
        if self._folder is None:
            return
        models = sorted(self._folder.glob("checkpoints/step-*/*.safetensors"))[-1:]
        models += sorted(self._folder.glob("*.safetensors"))
        for path in models:
            with suppress(WhisperwaveError):
                yield from minutes_of(modelfile.read(path).catalogue).items()


def with_moves(
    restarts: Sequence[Restart], moved_at: Sequence[int], seconds: Series
) -> tuple[Restart, ...]:
    """The restarts, with those on another machine marked: as a person says, or else by the speed.

    Args:
        restarts: as the log tells them.
        moved_at: steps before which the machine changed; none to look at the speed.
        seconds: by step; empty where the speed says nothing of the machine.
    """
    how = "you said so" if moved_at else "the speed changed for good"
    moves = [*moved_at] or [*lasting_changes(seconds)]
    known = list(restarts)
    for step in moves:
        near = next((each for each in known if abs(each.step - step) <= _NEAR), None)
        if near:
            known[known.index(near)] = replace(near, kind="machine", how=how)
        else:
            known.append(Restart(step, "machine", how))
    return tuple(sorted(known, key=lambda each: each.step))


def _refuse_missing(path: Path) -> None:
    if path.is_file():
        return
    what = "is a folder without a log" if path.name == LOG else "is no file"
    raise ConfigError(
        "NO_SUCH_LOG", f"{str(path.parent if path.name == LOG else path)!r} {what}.",
        f"Give a run folder of `whisperwave train`, which holds {LOG}, or a log file.",
    )  # fmt: skip


def _lines(path: Path) -> Iterator[str]:
    """The lines of a text in UTF-8 or UTF-16; what is neither is shown as a question mark."""
    try:
        with path.open("rb") as file:
            head = file.read(64)
        wide = head[:2] in _UTF_16 and b"\0" in head
        encoding = "utf-16" if wide else "utf-8-sig"
        with path.open(encoding=encoding, errors="replace") as text:
            yield from iter(lambda: text.readline(_LONGEST_LINE), "")
    except OSError as error:
        raise ConfigError(
            "NO_SUCH_LOG", f"{str(path)!r} cannot be read: {error.strerror}.",
            "Give a log that you may read.",
        ) from error  # fmt: skip


def _targets(folder: Path | None) -> int | None:
    """How many samples a step of our own run learns to foretell."""
    if folder is None:
        return None
    try:
        settings = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
        return int(settings["trainer"]["batch_size"] * settings["data"]["crop"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
