import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from study_log import MOVES, STARTS, STEPS, starts, study_log

from whisperwave import modelfile
from whisperwave.errors import ConfigError
from whisperwave.reports.histories.history import LOSS, SECONDS, VALIDATION, Recorder
from whisperwave.reports.histories.reading import read_history
from whisperwave.reports.histories.textlog import TextLines

UNHURRIED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

GOOD = [f"step {step} - loss = {4 - step / 100:.3f}, ({step}.5 sec/step)" for step in range(40)]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    path = tmp_path_factory.mktemp("logs") / "study.txt"
    path.write_text(study_log())
    return path, read_history([path])


def test_no_step_of_a_long_study_is_lost(study):
    _, history = study
    assert history.of(LOSS).steps.tolist() == [*range(STEPS)]
    assert history.of(SECONDS).steps.tolist() == [*range(STEPS)]
    assert (history.lines, history.unread) == (STEPS + STARTS, 0)


def test_all_starts_of_a_long_study_are_found_where_they_were(study):
    _, history = study
    crashes = {each.step: each.attempts for each in history.restarts if each.kind == "crash"}
    assert crashes == starts_of_the_study()
    assert sum(crashes.values()) == STARTS


def test_the_changes_of_machine_of_a_long_study_are_seen_by_its_speed(study):
    _, history = study
    moves = [each.step for each in history.restarts if each.kind == "machine"]
    assert moves == pytest.approx(MOVES, abs=2)


def test_a_person_knows_better_where_the_machine_changed(study):
    path, _ = study
    place = min(starts_of_the_study())
    history = read_history([path], moved_at=[place, 5005])
    moves = {r.step: r.attempts for r in history.restarts if r.kind == "machine"}
    assert moves == {place: starts_of_the_study()[place], 5005: 1}


def starts_of_the_study():
    return starts(np.random.default_rng(0))


def is_garbage(line: str) -> bool:
    """Whether it says nothing, also behind a step that epochs may refer to."""
    recorder = Recorder()
    text = TextLines(recorder)
    text.read(GOOD[0])
    return not text.read(line) and not line.lstrip().startswith("{")


GARBAGE = st.text(st.characters(exclude_characters="\r\n"), max_size=60).filter(is_garbage)


@UNHURRIED
@given(st.lists(st.tuples(st.integers(0, len(GOOD)), GARBAGE), max_size=30))
def test_no_garbage_between_lines_loses_one(tmp_path_factory, garbage):
    lines = list(GOOD)
    for place, line in sorted(garbage, reverse=True):
        lines.insert(place, line)
    path = tmp_path_factory.mktemp("garbage") / "log.txt"
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    history = read_history([path])
    assert history.of(LOSS).steps.tolist() == [*range(len(GOOD))]
    assert history.of(SECONDS).values.tolist() == [step + 0.5 for step in range(len(GOOD))]
    assert history.unread == sum(bool(line.strip()) for _, line in garbage)
    assert len(history.examples) == min(history.unread, 5)


@UNHURRIED
@given(st.lists(st.binary(max_size=40), max_size=20))
def test_no_bytes_are_an_error(tmp_path_factory, parts):
    path = tmp_path_factory.mktemp("bytes") / "log.txt"
    path.write_bytes(b"\n".join([b"#", *parts, GOOD[7].encode(), *parts]))
    assert 7 in read_history([path]).of(LOSS).steps


def test_two_odd_bytes_at_the_beginning_cost_one_line(tmp_path):
    path = tmp_path / "log.txt"
    path.write_bytes(b"\xfe\xff\n" + "\n".join(GOOD).encode())
    assert len(read_history([path]).of(LOSS)) == len(GOOD)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_any_encoding_and_any_line_ending_will_do(tmp_path, encoding, newline):
    path = tmp_path / "log.txt"
    path.write_bytes(newline.join(["läuft", *GOOD]).encode(encoding))
    history = read_history([path])
    assert history.of(LOSS).steps.tolist() == [*range(len(GOOD))]
    assert history.unread == 1


def test_several_logs_are_joined_by_their_steps(tmp_path):
    (tmp_path / "a.txt").write_text("\n".join(GOOD[20:]))
    (tmp_path / "b.txt").write_text("\n".join(GOOD[:25]))
    history = read_history([tmp_path / "a.txt", tmp_path / "b.txt"])
    assert history.of(LOSS).steps.tolist() == [*range(len(GOOD))]
    assert history.redone == 2 * 5
    assert [(each.step, each.how) for each in history.restarts] == [(20, "another log begins")]
    assert history.name == "b.txt, a.txt"


def run_folder(folder: Path) -> Path:
    folder.mkdir()
    (folder / "settings.json").write_text(
        json.dumps({"trainer": {"batch_size": 4}, "data": {"crop": 500}})
    )
    events = [
        {"event": "step", "step": 20 * n, "bits": 8 - n / 10, "targets_per_second": 1000}
        for n in range(1, 30)
    ]
    events.append({"event": "validation", "step": 580, "validation_bits": 6.0})
    lines = [*map(json.dumps, events), '{"event": "step", "st']
    (folder / "log.jsonl").write_text("\n".join(lines))
    return folder


def test_a_run_folder_is_read_with_its_settings(tmp_path):
    history = read_history([run_folder(tmp_path / "calm")])
    assert (history.name, history.unit) == ("calm", "bits per sample")
    assert set(history.of(SECONDS).values) == {2.0}
    assert history.of(VALIDATION).values.tolist() == [6.0]
    assert history.unread == 1
    assert history.examples == ('calm:31: {"event": "step", "st',)
    assert not history.restarts  # a slow hour on a busy machine is no other machine


def test_settings_that_cannot_be_read_cost_the_speed_alone(tmp_path):
    folder = run_folder(tmp_path / "calm")
    (folder / "settings.json").write_text("{")
    history = read_history([folder])
    assert len(history.of(SECONDS)) == 0
    assert len(history.of(LOSS)) == 29


def test_the_minutes_of_classes_come_from_the_runs_model(tmp_path, tiny_model, model_path):
    folder = run_folder(tmp_path / "calm")
    (folder / "broken.safetensors").write_bytes(b"no model")
    assert read_history([folder]).class_minutes == {}
    catalogue = [{"style": "hum", "train_minutes": 2.5}, {"style": "hiss", "train_minutes": 1}]
    modelfile.write(folder / "calm.safetensors", replace(tiny_model, catalogue=catalogue))
    assert read_history([folder]).class_minutes == {"hum": 2.5, "hiss": 1.0}


def test_what_is_no_log_is_refused_by_name(tmp_path):
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "empty", tmp_path / "missing.txt"):
        with pytest.raises(ConfigError) as refusal:
            read_history([path])
        assert refusal.value.code == "NO_SUCH_LOG"
        assert str(path) in refusal.value.message


def test_a_log_without_steps_is_refused(tmp_path):
    (tmp_path / "poem.txt").write_text("so much depends\nupon\n")
    with pytest.raises(ConfigError) as refusal:
        read_history([tmp_path / "poem.txt"])
    assert refusal.value.code == "NO_STEPS"
