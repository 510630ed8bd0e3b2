import os
import threading

import numpy as np
import pytest
import soundfile

from whisperwave.errors import ConfigError, OutputError
from whisperwave.generation import sinks
from whisperwave.generation.formats import wav
from whisperwave.generation.sinks import About, FileSink, PipeSink
from whisperwave.generation.tags import Tags

RATE = 16_000
ABOUT = About(2, RATE, Tags("title", "artist", "comment", "software"), 7)
STOP = threading.Event()  # never set


@pytest.fixture
def sound(generator):
    return generator.uniform(-0.5, 0.5, (2, 3 * RATE)).astype(np.float32)


@pytest.fixture
def pipe():
    ends = os.pipe()
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            continue  # the test has closed it


def cut(sound, size=1_000):
    return [sound[:, at : at + size] for at in range(0, sound.shape[1], size)]


def until(stop, sound):
    """Ends with the block after the stop, as a stream does."""
    for block in cut(sound):
        yield block
        if stop.is_set():
            return


def collected(end, into):
    def run():
        while data := os.read(end, 65_536):
            into.append(data)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.parametrize("name", ["calm.wav", "calm.flac", "calm.ogg", "calm.mp3"])
def test_a_file_holds_the_stream_whole(tmp_path, sound, name):
    heard = FileSink(tmp_path / name).play(cut(sound), ABOUT, STOP)
    assert (heard.samples, heard.full) == (sound.shape[1], "")
    audio, rate = soundfile.read(tmp_path / name)
    assert (audio.shape, rate) == ((sound.shape[1], 2), RATE)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_while_it_grows_the_file_has_another_name(tmp_path, sound):
    names = []

    def growing():
        for block in cut(sound):
            yield block
            names.append({path.name for path in tmp_path.iterdir()})

    FileSink(tmp_path / "calm.wav").play(growing(), ABOUT, STOP)
    assert all("calm.wav" not in found for found in names)


def test_a_file_that_the_format_cannot_make_longer_ends_whole(tmp_path, generator, monkeypatch):
    sound = generator.uniform(-0.5, 0.5, (2, 10 * RATE)).astype(np.float32)
    monkeypatch.setattr(wav, "_LARGEST", 2**16 + 6 * 7 * RATE)
    stop = threading.Event()
    heard = FileSink(tmp_path / "calm.wav").play(until(stop, sound), ABOUT, stop)
    assert 3 * RATE < heard.samples < 7 * RATE
    assert "holds no more" in heard.full
    assert soundfile.info(tmp_path / "calm.wav").frames == heard.samples


def test_a_stream_ends_before_the_disk_is_full(tmp_path, sound, monkeypatch):
    free = iter([10**12, 10**12, 10**6])
    real = sinks.shutil.disk_usage
    monkeypatch.setattr(
        sinks.shutil, "disk_usage", lambda path: real(path)._replace(free=next(free))
    )
    stop = threading.Event()
    heard = FileSink(tmp_path / "calm.wav").play(until(stop, sound), ABOUT, stop)
    assert heard.samples == 2 * RATE + 1_000
    assert "nearly full" in heard.full
    assert soundfile.info(tmp_path / "calm.wav").frames == heard.samples


@pytest.mark.parametrize(
    ("name", "code"), [("calm.aac", "UNKNOWN_FORMAT"), ("no/calm.wav", "NO_SUCH_FOLDER")]
)
def test_a_file_that_cannot_be_is_refused_before_any_work(tmp_path, name, code):
    with pytest.raises(OutputError) as caught:
        FileSink(tmp_path / name)
    assert caught.value.code == code


def test_a_pipe_gets_interleaved_little_endian_integers(pipe):
    block = np.array([[0.0, 0.5, -1.0, 2.0], [1.0, -0.5, 0.25, -2.0]], np.float32)
    PipeSink(pipe[1]).play([block], ABOUT, STOP)
    found = np.frombuffer(os.read(pipe[0], 100), "<i2")
    assert found.tolist() == [0, 32767, 16384, -16384, -32767, 8192, 32767, -32767]


def test_a_pipe_gets_floats_bit_by_bit(pipe, sound):
    parts = []
    reader = collected(pipe[0], parts)
    heard = PipeSink(pipe[1], "f32le").play(cut(sound), ABOUT, STOP)
    os.close(pipe[1])
    reader.join()
    assert heard.samples == sound.shape[1]
    np.testing.assert_array_equal(np.frombuffer(b"".join(parts), "<f4").reshape(-1, 2).T, sound)


def test_a_pipe_that_is_closed_ends_the_stream(pipe, sound):
    def closing():
        yield sound[:, :100]
        os.close(pipe[0])
        yield from cut(sound)

    heard = PipeSink(pipe[1]).play(closing(), ABOUT, STOP)
    assert (heard.samples, heard.full) == (100, "the pipe was closed")


def test_a_pipe_that_nobody_reads_does_not_hold_up_the_stop(pipe, sound):
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    heard = PipeSink(pipe[1]).play(cut(sound, 10_000), ABOUT, stop)
    assert heard.samples < sound.shape[1]
    assert heard.full == "the pipe takes no more"


def test_another_sample_format_is_refused(pipe):
    with pytest.raises(ConfigError, match="s16le or f32le"):
        PipeSink(pipe[1], "u8")


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals here")
def test_raw_samples_are_not_shown_on_a_terminal():
    ends = os.openpty()
    with pytest.raises(OutputError) as caught:
        PipeSink(ends[1])
    assert caught.value.code == "IS_A_TERMINAL"
    for end in ends:
        os.close(end)
