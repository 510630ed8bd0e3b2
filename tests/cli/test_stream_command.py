import json
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import soundfile

from whisperwave import generation
from whisperwave.cli import main
from whisperwave.runtimes import device


@pytest.fixture
def words(model_path, own_clips):
    return ["stream", "--input", *own_clips, "--model", str(model_path), "--seed", "1"]


@pytest.fixture
def start(words):
    """The command in a process of its own, with a pipe at its standard output."""

    def begin(*more, **how):
        command = [sys.executable, "-m", "whisperwave", *words, *more]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )  # fmt: skip

    return begin


def test_a_file_is_written_and_a_person_told_length_speed_and_underruns(words, tmp_path, capsys):
    path = tmp_path / "calm.wav"
    assert main([*words, "--seconds", "0.5", "--output", str(path)]) == 0
    spoken = capsys.readouterr()
    first, second = spoken.out.splitlines()
    assert first.startswith("0.5 s of audio in ")
    assert first.endswith("× real time, 0 underruns; seed 1.")
    assert second == str(path)
    assert spoken.err == ""
    assert soundfile.info(path).frames == 24_000


def test_a_program_gets_one_object(words, tmp_path, capsys):
    path = tmp_path / "calm.flac"
    assert main([*words, "--seconds", "0.5", "--output", str(path), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["audio_seconds"], result["ended"], result["underruns"]) == (0.5, "length", 0)


def test_standard_output_gets_samples_and_nothing_else(start):
    child = start("--seconds", "0.5", "--output", "-", "--json")
    out, err = child.communicate()
    assert child.returncode == 0
    assert len(out) == 24_000 * 2 * 2
    assert np.frombuffer(out, "<i2").any()
    assert json.loads(err)["audio_seconds"] == 0.5


def test_floats_and_integers_are_the_same_sound(start):
    floats, _ = start("--seconds", "0.3", "--output", "-", "--format", "f32le").communicate()
    whole, _ = start("--seconds", "0.3", "--output", "-", "--block", "100").communicate()
    exact = np.frombuffer(floats, "<f4")
    assert np.frombuffer(whole, "<i2") == pytest.approx(exact * 32_767.0, abs=0.51)


def test_a_pipe_that_is_closed_is_a_good_end(start):
    with start("--output", "-") as child:
        assert len(child.stdout.read(10_000)) == 10_000
        child.stdout.close()
        said = child.stderr.read().decode()
    assert child.returncode == 0
    assert "the pipe was closed" in said
    assert "Traceback" not in said


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stream_without_an_end_is_stopped_whole_at_any_moment(start, tmp_path, number):
    path = tmp_path / "calm.wav"
    child = start("--output", str(path))
    while not any(entry.stat().st_size > 300_000 for entry in tmp_path.glob(".calm.wav.tmp.*")):
        assert child.poll() is None
        time.sleep(0.02)
    child.send_signal(number)
    out, err = child.communicate()
    assert (child.returncode, err) == (0, b"")
    audio, rate = soundfile.read(path)
    assert f"{len(audio) / rate:.1f} s of audio".encode() in out
    assert np.abs(audio[-1]).max() < 1e-3
    assert not list(tmp_path.glob(".*"))


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_stopped_while_it_begins_it_leaves_nothing(start, tmp_path):
    child = start("--output", str(tmp_path / "calm.wav"), "--fade-in", "60")
    while not list(tmp_path.glob(".calm.wav.tmp.*")):
        assert child.poll() is None
        time.sleep(0.002)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate()
    left = [path.name for path in tmp_path.iterdir() if "calm" in path.name]
    assert (child.returncode, left) in ((130, []), (0, ["calm.wav"]))  # it may just have begun
    assert (b"INTERRUPTED" in err) == (left == [])


@pytest.fixture
def handling():
    """Gives a signal a handler for one test, whatever the tests were started with."""
    before = {}

    def handle(number, handler):
        before.setdefault(number, signal.signal(number, handler))

    yield handle
    for number, handler in before.items():
        signal.signal(number, handler)


def test_asked_to_stop_while_it_begins_to_listen_it_stops(
    words, tmp_path, monkeypatch, capsys, handling
):
    handling(signal.SIGINT, signal.default_int_handler)
    install, asked = signal.signal, []

    def and_at_once(number, handler):
        before = install(number, handler)
        if number == signal.SIGINT and not asked:
            asked.append(number)
            signal.raise_signal(number)
        return before

    monkeypatch.setattr(signal, "signal", and_at_once)
    assert main([*words, "--seconds", "9", "--output", str(tmp_path / "calm.wav")]) == 130
    assert asked
    assert "INTERRUPTED" in capsys.readouterr().err
    assert not list(tmp_path.glob("*calm*"))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_under_nohup_it_plays_on_when_the_terminal_is_closed(
    words, tmp_path, monkeypatch, handling
):
    handling(signal.SIGHUP, signal.SIG_IGN)
    monkeypatch.setattr(generation, "stream", _closing_the_terminal(generation.stream))
    path = tmp_path / "calm.wav"
    assert main([*words, "--seconds", "0.5", "--output", str(path)]) == 0
    assert soundfile.info(path).frames == 24_000


def _closing_the_terminal(play):
    """A stream during which the terminal is closed, again and again."""

    def played(*words, progress, **how):
        def told(done, total):
            progress(done, total)
            signal.raise_signal(signal.SIGHUP)

        return play(*words, progress=told, **how)

    return played


def test_the_sound_device_is_where_it_goes_by_itself(words, monkeypatch, capsys):
    class Driver:
        active = True

        def OutputStream(self, **how):  # noqa: N802
            self.how = how
            return self

        def start(self):
            self.thread = threading.Thread(target=self.ask)
            self.thread.start()

        def ask(self):
            self.heard = 0
            while self.active:
                out = np.empty((512, 2), np.float32)
                self.how["callback"](out, 512, None, None)
                self.heard += bool(out.any())
                time.sleep(0.001)

        def stop(self):
            self.active = False
            self.thread.join()

        def close(self):
            pass

    driver = Driver()
    monkeypatch.setattr(device, "_sounddevice", lambda: driver)
    assert main([*words, "--seconds", "0.5", "--ahead", "2", "--block", "512",
                 "--device", "speakers", "--json"]) == 0  # fmt: skip
    result = json.loads(capsys.readouterr().out)
    assert (result["ended"], result["underruns"], result["audio_seconds"]) == ("length", 0, 0.5)
    assert (driver.how["device"], driver.how["blocksize"]) == ("speakers", 512)
    assert driver.heard > 40


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--output", "no/such/calm.wav"], 8),
        (["--output", "calm.aac"], 8),
        (["--output", "calm.wav", "--seconds", "-1"], 2),
        (["--output", "calm.wav", "--block", "0"], 2),
        (["--output", "calm.wav", "--format", "u8"], 2),
        (["--output", "calm.wav", "--model", "clam"], 5),
        (["--ahead", "0"], 2),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_kind_of_exit_code(
    words, tmp_path, monkeypatch, capsys, more, code
):
    monkeypatch.chdir(tmp_path)
    assert main([*words, *more]) == code
    assert capsys.readouterr().err.count("\n") == 1
    assert not list(tmp_path.glob("calm*"))


def test_handlers_of_signals_are_as_they_were(words, tmp_path):
    before = signal.getsignal(signal.SIGINT)
    main([*words, "--seconds", "0.1", "--output", str(tmp_path / "calm.wav")])
    assert signal.getsignal(signal.SIGINT) is before
