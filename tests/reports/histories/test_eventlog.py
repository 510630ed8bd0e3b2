import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whisperwave.reports.histories.eventlog import EventLines, minutes_of
from whisperwave.reports.histories.history import (
    ACCURACY,
    LOSS,
    RATE,
    SECONDS,
    VALIDATION,
    VALIDATION_ACCURACY,
    Recorder,
)

UNHURRIED = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])

SCALARS = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8)
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=4), SCALARS)
KEYS = st.sampled_from(
    ["event", "step", "bits", "loss", "validation_bits", "targets_per_second", "host", "classes",
     "elapsed_seconds", "kind", "reason", "lr"]
)  # fmt: skip
EVENTS = st.sampled_from(
    ["step", "validation", "restart", "rollback", "prepared", "generated", "?"]
)


def read(*events: object, targets: int | None = None) -> Recorder:
    recorder = Recorder()
    lines = EventLines(recorder, targets)
    for event in events:
        assert lines.read(json.dumps(event))
    return recorder


def test_our_own_runs_are_read():
    recorder = read(
        {"event": "prepared", "files": 3, "train_minutes": 2.0},
        {"event": "step", "step": 20, "bits": 7.5, "targets_per_second": 4000, "lr": 0.002},
        {"event": "validation", "step": 20, "validation_bits": 7.6, "validation_accuracy": 0.1},
        {"event": "step", "step": 40, "bits": 7.0, "targets_per_second": 8000, "accuracy": 0.2},
        targets=16_000,
    )  # fmt: skip
    series = recorder.series()
    assert series[LOSS].values.tolist() == [7.5, 7.0]
    assert series[SECONDS].values.tolist() == [4.0, 2.0]
    assert series[VALIDATION].values.tolist() == [7.6]
    assert series[RATE].values.tolist() == [0.002]
    assert series[ACCURACY].steps.tolist() == [40]
    assert series[VALIDATION_ACCURACY].values.tolist() == [0.1]
    assert recorder.unit == "bits per sample"


def test_other_names_for_the_same_are_known():
    recorder = read({"global_step": 5, "train/loss": 3.0, "val/loss": 4.0, "steps_per_second": 4})
    series = recorder.series()
    assert series[LOSS].values.tolist() == [3.0]
    assert series[VALIDATION].values.tolist() == [4.0]
    assert series[SECONDS].values.tolist() == [0.25]
    assert recorder.unit == "loss"


STEP = {"event": "step", "step": 10, "bits": 7.0}


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"event": "restart", "step": 5, "reason": "exit code 137"}, "crash"),
        ({"event": "restart", "kind": "machine"}, "machine"),
        ({"event": "restart", "reason": "another host"}, "machine"),
        ({"event": "resumed", "step": 5, "host": "alpha", "changed": []}, "crash"),
        ({"event": "rolled_back", "step": 10, "to": 5}, "rollback"),
    ],
)
def test_events_between_steps_are_restarts(event, kind):
    (restart,) = read(STEP, event, STEP | {"step": 11}).restarts()
    assert (restart.step, restart.kind, restart.attempts) == (11, kind, 1)


def test_another_host_is_another_machine():
    recorder = read(
        STEP | {"host": "alpha"}, STEP | {"step": 11, "host": "alpha"},
        {"event": "restart", "host": "beta"}, STEP | {"step": 12, "host": "beta"},
    )  # fmt: skip
    (restart,) = recorder.restarts()
    assert (restart.step, restart.kind, restart.attempts) == (12, "machine", 1)


def test_an_unknown_event_is_let_pass():
    recorder = read(
        STEP, {"event": "moonrise", "phase": [1, 2]},
        {"event": "overfit_step", "step": 1, "bits": 1},
        STEP | {"step": 11},
    )  # fmt: skip
    assert recorder.series()[LOSS].steps.tolist() == [10, 11]
    assert not recorder.restarts()


def test_a_sound_that_was_generated_is_noted():
    recorder = read(STEP, {"event": "generated", "elapsed_seconds": 2.5})
    assert recorder.generation_seconds == [2.5]


@pytest.mark.parametrize(
    "classes",
    [{"hum": 2.0, "hiss": 3},
     [{"style": "hum", "train_minutes": 2.0}, {"style": "hiss", "minutes": 3}]],
)  # fmt: skip
def test_minutes_of_classes_come_in_two_forms(classes):
    assert minutes_of(classes) == {"hum": 2.0, "hiss": 3.0}
    assert read({"event": "prepared", "classes": classes}).class_minutes == {
        "hum": 2.0,
        "hiss": 3.0,
    }


@pytest.mark.parametrize(
    "line", ["{", '{"event": "step", "step": 1', "[1]", "{'a': 1}", "[" * 100_000]
)
def test_a_line_that_was_cut_off_is_told_apart(line):
    assert not EventLines(Recorder()).read(line)


@UNHURRIED
@given(st.lists(st.dictionaries(KEYS, VALUES | EVENTS, max_size=5), max_size=5))
def test_no_event_is_an_error(events):
    recorder = read(STEP | {"step": 0}, *events, targets=100)
    assert LOSS in recorder.series() or recorder.redone
    assert all(each.attempts >= 1 for each in recorder.restarts())
