"""The log goes on whatever happens to it, and says what it has missed."""

import json
from pathlib import Path
from typing import Any

import pytest

from whisperwave.training.artefacts.journal import Journal, read


def test_every_event_is_a_line_and_is_told(tmp_path: Path) -> None:
    told: list[dict[str, Any]] = []
    journal = Journal(tmp_path / "log.jsonl", [told.append])
    journal({"event": "step", "step": 1})
    journal({"event": "done"})
    assert read(tmp_path / "log.jsonl") == told == [{"event": "step", "step": 1}, {"event": "done"}]


def test_c18_a_listener_that_is_gone_is_told_no_more(tmp_path: Path) -> None:
    told: list[str] = []

    def closed(event: dict[str, Any]) -> None:
        told.append(event["event"])
        raise BrokenPipeError(32, "Broken pipe")

    journal = Journal(tmp_path / "log.jsonl", [closed])
    journal({"event": "first"})
    journal({"event": "second"})
    assert told == ["first"]
    kinds = [event["event"] for event in read(tmp_path / "log.jsonl")]
    assert kinds == ["first", "listener_gone", "second"]


def test_c18_lines_that_a_full_disk_has_cost_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path / "log.jsonl", [])
    journal({"event": "step", "step": 1})
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "full")))
        journal({"event": "step", "step": 2})
        journal({"event": "step", "step": 3})
    journal({"event": "step", "step": 4})
    events = read(tmp_path / "log.jsonl")
    assert events[1] == {"event": "log_gap", "lines": 2}
    assert [event.get("step") for event in events] == [1, None, 4]


def test_a_line_that_a_kill_has_torn_is_ended_before_the_next(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"event": "step"}\n{"event": "st')
    assert read(path) == [{"event": "step"}]
    Journal(path, [])({"event": "resumed"})
    lines = path.read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["step", "resumed"]
