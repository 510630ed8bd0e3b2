"""Lines of other projects' logs."""

import math

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from whisperwave.reports.histories.history import (
    ACCURACY,
    LOSS,
    RATE,
    SECONDS,
    VALIDATION,
    VALIDATION_ACCURACY,
    Recorder,
)
from whisperwave.reports.histories.textlog import TextLines, values_of

UNHURRIED = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(*lines: str) -> tuple[Recorder, list[bool]]:
    recorder = Recorder()
    text = TextLines(recorder)
    return recorder, [text.read(line) for line in lines]


def points(recorder: Recorder, name: str = LOSS) -> list[tuple[float, float]]:
    series = recorder.series().get(name)
    return [] if series is None else list(zip(series.steps, series.values, strict=True))


@pytest.mark.parametrize(
    "line",
    [
        "step 12 - loss = 3.9, (30.5 sec/step)",
        "Step 12 - Loss = 3.9, (30.5 Sec/Step)",
        "STEP: 12, LOSS: 3.9 [30.5 s/step]",
        "step=12 loss=3.9 (30.5 secs / step)",
        "step 12 loss 3.9 30.5 seconds per step",
        "2019-11-26 23:57:34,123 INFO step 12 - loss = 3.9, (30.5 sec/step)",
        "step 12 - loss = 3,9, (30,5 sec/step)",
        "[step 12] [loss: 3.9] [30500 ms/it]",
        "Iteration 12: training loss 3.9, 30.5s/it",
        "global_step: 12 train_loss: 3.9 speed: 30.5 s/iter",
        "  1%|#     | 12/1000 [06:06<8:22:00, 30.5s/it, loss=3.9]",
        "iter 12 | loss is 3.90e+00 | 3.05e1 sec/step",
        "\x1b[32mstep 12 - loss = 3.9, (30.5 sec/step)\x1b[0m",
    ],
)
def test_a_line_says_the_same_however_it_is_punctuated(line):
    recorder, read_as = read(line)
    assert read_as == [True]
    assert points(recorder) == [(12.0, 3.9)]
    assert points(recorder, SECONDS) == [(12.0, pytest.approx(30.5))]


@pytest.mark.parametrize(
    ("line", "step"),
    [("step 1,200 - loss = 3.9", 1200), ("step 12,loss=3.9", 12), ("step 12000 loss 3.9", 12000),
     ("loss at step 50: 3.9", 50), ("[1,200/15,000] loss 3.9", 1200)],
)  # fmt: skip
def test_commas_part_thousands_or_words(line, step):
    recorder, _ = read(line)
    assert points(recorder) == [(step, 3.9)]


def test_a_speed_may_be_told_the_other_way_round():
    recorder, _ = read("step 12 loss 3.9 (4.0 it/s)", "step 13 loss 3.9, 8 steps per second")
    assert points(recorder, SECONDS) == [(12, 0.25), (13, 0.125)]


def test_every_value_gets_its_own_curve():
    recorder, _ = read(
        "step 12: train loss 3.9, val loss 4.2, accuracy 0.25, val accuracy: 20 %, lr 1e-3"
    )
    assert points(recorder) == [(12, 3.9)]
    assert points(recorder, VALIDATION) == [(12, 4.2)]
    assert points(recorder, ACCURACY) == [(12, 0.25)]
    assert points(recorder, VALIDATION_ACCURACY) == [(12, 0.2)]
    assert points(recorder, RATE) == [(12, 0.001)]


def test_held_out_sound_without_a_step_belongs_to_the_step_before():
    recorder, read_as = read("validation loss: 4.2", "step 12 loss 3.9", "Validation loss: 4.2")
    assert read_as == [False, True, True]
    assert points(recorder, VALIDATION) == [(12, 4.2)]


def test_steps_that_begin_anew_with_each_epoch_are_counted_on():
    lines = [f"Epoch {e}, step {s}/3, loss {e}.{s}" for e in (1, 2, 3) for s in (1, 2, 3)]
    recorder, _ = read(*lines)
    assert [step for step, _ in points(recorder)] == [*range(1, 10)]
    assert not recorder.restarts()


def test_epochs_are_steps_where_there_are_no_others():
    recorder, _ = read("Epoch 1 - loss: 3.9", "Epoch 2 - loss: 3.7 - val loss: 4.0")
    assert points(recorder) == [(1, 3.9), (2, 3.7)]


def test_a_loss_that_is_no_number_is_kept_as_such():
    recorder, read_as = read("step 12 - loss = nan, (30.5 sec/step)", "step 13 - loss = inf")
    assert read_as == [True, True]
    values = [value for _, value in points(recorder)]
    assert math.isnan(values[0])
    assert math.isinf(values[1])


@pytest.mark.parametrize(
    "line",
    [
        "", "Storing checkpoint to ./logdir ...", "step", "loss = 3.9", "step 12",
        "step twelve loss 3", "total params: 1618528", "ste 12 - los = 3.9", "step 12 - loss = ",
        "step -1", "12/24/2019",
    ],
)  # fmt: skip
def test_a_line_that_tells_nothing_is_told_apart(line):
    recorder, read_as = read(line)
    assert read_as == [False]
    assert recorder.series() == {}


def test_starts_in_a_row_are_one_restart_with_several_attempts():
    recorder, read_as = read(
        "step 10 loss 3.9", "Restarting the service at Tue Nov 26", "Restarting the service",
        "noise", "Restored model from global step 10", "step 11 loss 3.8",
    )  # fmt: skip
    assert read_as == [True, True, True, False, True, True]
    (restart,) = recorder.restarts()
    assert (restart.step, restart.kind, restart.attempts) == (11, "crash", 2)


@pytest.mark.parametrize(
    "lines",
    [
        ("Moved to the other machine",), ("--- switching to machine B ---",),
        ("host: alpha", "step 11 loss 3", "host: beta"),
        ("Continued on another computer", "restarting"),
    ],
)  # fmt: skip
def test_another_machine_is_a_mark_of_its_own(lines):
    recorder, _ = read("step 10 loss 3.9", *lines, "step 12 loss 3.8")
    (restart,) = recorder.restarts()
    assert (restart.step, restart.kind) == (12, "machine")


def test_the_first_host_is_no_other_machine():
    recorder, read_as = read("host: alpha", "step 10 loss 3.9", "host: alpha", "step 11 loss 3.8")
    assert all(read_as)
    assert not recorder.restarts()


def test_lines_that_are_times_of_day_say_how_long_each_sound_took():
    recorder, read_as = read("1575410687045", "1575414309574", "1575416108665")
    assert read_as == [True] * 3
    assert recorder.generation_seconds == pytest.approx([3622.529, 1799.091])


@UNHURRIED
@given(st.text(max_size=100))
@example("loss" * 500)
@example("step " + "1" * 4200 + " loss 3")
@example("step 999,999,999,999 loss 3")
@example("step " + "1" * 5000)
@example("step 1" + "," * 3000 + "loss = 1" + "e" * 400)
@example("9" * 400 + " sec/step")
@example("loss = 1e999 step 5")
def test_no_line_is_an_error(line):
    recorder, _ = read("step 1 - loss = 3.9", line, "step 2 - loss = 3.8")
    assert 3.8 in recorder.series()[LOSS].values


@UNHURRIED
@given(st.integers(0, 10**7), st.floats(0.001, 99.0), st.floats(0.001, 999.0))
def test_what_is_written_is_what_is_read(step, loss, seconds):
    found = values_of(f"step {step} - loss = {loss:.3f}, ({seconds:.3f} sec/step)")
    assert found == {LOSS: float(f"{loss:.3f}"), SECONDS: float(f"{seconds:.3f}")}
