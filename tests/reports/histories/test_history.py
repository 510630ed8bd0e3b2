import numpy as np

from whisperwave.reports.histories.history import LOSS, VALIDATION, Recorder


def test_a_step_that_goes_back_is_a_restart_and_drops_what_it_goes_over():
    recorder = Recorder()
    for step in (10, 20, 30, 40):
        recorder.values(step, {LOSS: float(step)})
    recorder.values(40, {VALIDATION: 1.0})
    recorder.values(30, {LOSS: -30.0})
    series = recorder.series()
    assert series[LOSS].steps.tolist() == [10, 20, 30]
    assert series[LOSS].values.tolist() == [10, 20, -30]
    assert VALIDATION not in series
    assert recorder.redone == 3
    (restart,) = recorder.restarts()
    assert (restart.step, restart.how) == (30, "the step went back")


def test_a_start_that_goes_back_is_one_restart():
    recorder = Recorder()
    recorder.values(10, {LOSS: 1.0})
    recorder.values(20, {LOSS: 2.0})
    recorder.started_again("machine", "the log says so")
    recorder.values(15, {LOSS: 3.0})
    (restart,) = recorder.restarts()
    assert (restart.step, restart.kind) == (15, "machine")
    assert recorder.series()[LOSS].steps.tolist() == [10, 15]


def test_a_start_over_the_same_step_takes_the_place_of_it():
    recorder = Recorder()
    recorder.values(20, {LOSS: 2.0})
    recorder.started_again("crash", "the log says so")
    recorder.values(20, {LOSS: 3.0})
    assert recorder.series()[LOSS].values.tolist() == [3.0]
    assert recorder.redone == 1


def test_several_lines_of_one_step_are_one_step():
    recorder = Recorder()
    recorder.values(20, {LOSS: 2.0})
    recorder.values(20, {VALIDATION: 2.5})
    recorder.values(20, {LOSS: 2.1})
    assert recorder.series()[LOSS].values.tolist() == [2.1]
    assert not recorder.restarts()


def test_a_start_at_the_end_is_not_lost():
    recorder = Recorder()
    recorder.values(20, {LOSS: 2.0})
    recorder.started_again("crash", "the log says so")
    assert [each.step for each in recorder.restarts()] == [20]


def test_the_kind_that_says_most_is_kept():
    recorder = Recorder()
    recorder.values(20, {LOSS: 2.0})
    recorder.started_again("machine", "a move")
    recorder.started_again("crash", "a crash")
    recorder.started_again("rollback", "a fault")
    recorder.values(21, {LOSS: 2.0})
    (restart,) = recorder.restarts()
    assert (restart.kind, restart.how, restart.attempts) == ("machine", "a move", 3)


def test_steps_are_in_rising_order_whatever_comes(generator):
    recorder = Recorder()
    for step in generator.integers(0, 50, 500):
        recorder.values(int(step), {LOSS: float(step)})
    series = recorder.series()[LOSS]
    assert (np.diff(series.steps) > 0).all()
    assert (series.steps == series.values).all()
