import json
from html.parser import HTMLParser

import numpy as np
import pytest
from study_log import study_log

from whisperwave.errors import ConfigError
from whisperwave.reports.histories import report

CLASSES = {"hum": 20.0, "hiss": 300.0, "pulse": 80.0}


class Sources(HTMLParser):
    """What a page shows and leads to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [str(value) for name, value in attrs if name in ("src", "href")]


@pytest.fixture
def full_run(tmp_path):
    """A run folder whose log tells of everything that a report can show."""
    folder = tmp_path / "everything"
    folder.mkdir()
    events = [{"event": "prepared", "classes": CLASSES}]
    for n in range(1, 60):
        events.append(
            {"event": "step", "step": 10 * n, "bits": 5 + 3 / n, "accuracy": 0.2 + n / 500,
             "learning_rate": 0.002 / n, "seconds_per_step": 0.5}
        )  # fmt: skip
        if n % 10 == 0:
            events.append(
                {"event": "validation", "step": 10 * n, "validation_bits": 5.1 + 3 / n,
                 "validation_accuracy": 0.19 + n / 500}
            )  # fmt: skip
        if n in (20, 30, 40):
            events.append(
                {"event": {20: "restart", 30: "rollback", 40: "generated"}[n], "seconds": 2}
            )
    events.append({"event": "generated", "elapsed_seconds": 3.5})
    (folder / "log.jsonl").write_text("\n".join(map(json.dumps, events)))
    return folder


@pytest.fixture
def evaluation(tmp_path):
    path = tmp_path / "style.json"
    path.write_text(
        json.dumps({"per_style": {"hum": 0.4, "hiss": 1.0, "pulse": 0.8, "other": 0.5}})
    )
    return path


def test_a_page_shows_every_curve_that_the_log_tells_of(full_run, evaluation, tmp_path):
    path = report([full_run], evaluation).write(tmp_path / "page")
    shown = Sources(path.read_text("utf-8")).found
    assert shown == [
        "loss.png", "gap.png", "speed.png", "learning-rate.png", "accuracy.png", "generation.png",
        "classes.png", "scores.png",
    ]  # fmt: skip
    assert {each.name for each in path.parent.iterdir()} == {*shown, "index.html", "report.json"}


def test_the_numbers_lie_beside_the_page(full_run, evaluation, tmp_path):
    found = report([full_run], evaluation)
    path = found.write(tmp_path / "page")
    numbers = json.loads((path.parent / "report.json").read_text("utf-8"))
    assert numbers == json.loads(json.dumps(found.as_mapping()))
    assert numbers["steps"] == [10, 590]
    assert numbers["hours"] == pytest.approx(590 * 0.5 / 3600)
    assert numbers["class_minutes"] == CLASSES
    assert numbers["score_follows_minutes"] == pytest.approx(1.0)
    assert numbers["generation_seconds"] == [2.0, 3.5]
    assert [each["kind"] for each in numbers["restarts"]] == ["crash", "rollback"]
    assert set(numbers["series"]) == {
        "loss", "validation_loss", "seconds_per_step", "learning_rate", "accuracy",
        "validation_accuracy",
    }  # fmt: skip


def test_the_page_states_the_verdict_with_its_numbers_and_its_rules(full_run, tmp_path):
    found = report([full_run])
    source = found.page().source()
    assert f"Verdict: {found.verdict.word}" in source
    assert found.verdict.advice in source
    assert "10% or more above the training loss" in source
    assert "Started again once after a crash or a pause, once from older weights" in source
    assert "which was at step 500" in source


def test_a_text_log_has_a_page_of_its_own(tmp_path):
    (tmp_path / "study.txt").write_text(study_log())
    found = report([tmp_path / "study.txt"])
    path = found.write(tmp_path / "page")
    assert Sources(path.read_text("utf-8")).found == ["loss.png", "speed.png"]
    assert "84 times after a crash or a pause (at 45 places)" in " ".join(found.sentences())
    assert "2 times on another machine" in path.read_text("utf-8")


def test_lines_of_a_hostile_log_are_only_shown(tmp_path):
    lines = ["<script>alert(1)</script>", "step 1 loss 2"]
    (tmp_path / "<b>.txt").write_text("\n".join(lines))
    source = report([tmp_path / "<b>.txt"]).page().source()
    assert "<script>" not in source
    assert "<b>" not in source
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in source


def test_a_loss_that_was_no_number_is_null_and_a_gap(tmp_path):
    lines = [f"step {n} loss {'nan' if n == 5 else n}" for n in range(30)]
    (tmp_path / "log.txt").write_text("\n".join(lines))
    found = report([tmp_path / "log.txt"])
    found.write(tmp_path / "page")
    assert found.as_mapping()["series"]["loss"]["values"][5] is None
    assert np.isnan(found.history.of("loss").values[5])


def test_a_log_of_generation_times_alone_is_drawn(tmp_path):
    stamps = 1_575_410_687_045 + 1000 * np.cumsum([0, 3, 5, 4])
    (tmp_path / "generation.txt").write_text("\n".join(map(str, stamps)))
    found = report([tmp_path / "generation.txt"])
    assert found.as_mapping()["generation_seconds"] == [3.0, 5.0, 4.0]
    assert found.page().pictures == ("generation.png",)


def test_the_times_of_a_grid_are_drawn(full_run, tmp_path):
    (tmp_path / "grid.json").write_text(json.dumps({"cells": [{"elapsed_seconds": 7.0}]}))
    found = report([full_run], grid=tmp_path / "grid.json")
    assert found.as_mapping()["generation_seconds"] == [2.0, 3.5, 7.0]


def test_the_minutes_of_a_prepared_set_are_drawn(full_run, tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"train_minutes": {"moo": 4.0}}))
    assert report([full_run], data=tmp_path).history.class_minutes == {"moo": 4.0}


def test_an_evaluation_that_is_none_is_refused(full_run, tmp_path):
    for content in ("{", "{}"):
        (tmp_path / "style.json").write_text(content)
        with pytest.raises(ConfigError) as refusal:
            report([full_run], tmp_path / "style.json")
        assert refusal.value.code == "NO_SCORES"
