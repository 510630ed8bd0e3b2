import json
import threading
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from whisperwave.dsp.loudness import integrated_lufs, true_peak_dbtp
from whisperwave.errors import ConfigError, EngineError, LibraryError, WhisperwaveError
from whisperwave.generation import STOPPED, FileSink, Mastering, Picks, Programme, sinks, stream
from whisperwave.generation.formats import wav
from whisperwave.generation.playing import PASSAGE_SECONDS, Player
from whisperwave.runtimes.device import Heard


class Listener:
    """A sink that keeps what it is given, and may set the stop."""

    def __init__(self, stop_at=None, full_at=None):
        self.blocks, self.stop_at, self.full_at = [], stop_at, full_at

    def play(self, blocks, about, stop):
        self.about = about
        for block in blocks:
            self.blocks.append(block)
            if len(self.blocks) == self.stop_at:
                stop.set()
            if len(self.blocks) == self.full_at:
                return Heard(self.audio.shape[1], full="it is full")
        return Heard(self.audio.shape[1])

    @property
    def audio(self):
        return np.concatenate(self.blocks, axis=1)


@pytest.fixture
def programme(model_path):
    return Programme(
        picks=Picks.parse(["5"]), seed=1, model=str(model_path),
        mastering=Mastering(fade_in_seconds=0.5, fade_out_seconds=0.5),
    )  # fmt: skip


def test_a_stream_has_the_length_that_was_asked_for(programme, library):
    listener = Listener()
    result = stream(programme, listener, 1.25, library=library)
    assert listener.audio.shape == (2, 60_000)
    assert (result.audio_seconds, result.ended) == (1.25, "length")
    assert {block.shape[1] for block in listener.blocks[:-1]} == {1_024}


@pytest.mark.parametrize("block", [1, 333, 65_536])
def test_the_same_seed_streams_the_same_samples_in_any_blocks(programme, library, block):
    programme = replace(programme, wide=False)
    usual, other = Listener(), Listener()
    stream(programme, usual, 0.5, library=library)
    stream(programme, other, 0.5, block, library)
    np.testing.assert_array_equal(other.audio, usual.audio)


def test_it_begins_and_ends_gently_and_keeps_its_targets(programme, library):
    listener = Listener()
    targets = Mastering(loudness_lufs=-27.0, fade_in_seconds=1.0, fade_out_seconds=1.0)
    stream(replace(programme, mastering=targets), listener, 8.0, library=library)
    audio = listener.audio
    assert np.abs(audio[:, :100]).max() < 1e-4 > np.abs(audio[:, -100:]).max()
    assert integrated_lufs(audio[:, 48_000:-48_000], 48_000) == pytest.approx(-27.0, abs=1.0)
    assert true_peak_dbtp(audio, 48_000) <= -6.0


def test_a_low_ceiling_is_kept_too(programme, library):
    listener = Listener()
    loud = Mastering(loudness_lufs=-12.0, ceiling_dbtp=-12.0)
    stream(replace(programme, mastering=loud), listener, 2.0, library=library)
    assert true_peak_dbtp(listener.audio, 48_000) <= -12.0


def test_stopped_it_fades_away_within_the_next_blocks(programme, library):
    listener = Listener(stop_at=40)
    result = stream(programme, listener, library=library)
    assert result.ended == "stopped"
    after = listener.audio[:, 40 * 1_024 :]
    assert after.shape[1] <= 2 * PASSAGE_SECONDS * 48_000
    assert np.abs(after[:, -1]).max() < 1e-3
    first = Listener()
    stream(programme, first, 2.0, library=library)
    kept = 40 * 1_024
    np.testing.assert_array_equal(listener.audio[:, :kept], first.audio[:, :kept])


def test_a_sink_that_is_full_ends_it(programme, library):
    result = stream(programme, Listener(full_at=3), library=library)
    assert (result.ended, result.heard.full) == ("output", "it is full")
    assert result.audio_seconds == 3 * 1_024 / 48_000


def test_no_thread_is_left_behind(programme, library):
    before = threading.active_count()
    stream(programme, Listener(stop_at=2), library=library)
    stream(programme, Listener(full_at=2), library=library)
    assert threading.active_count() == before


def test_an_error_in_the_middle_keeps_what_a_file_has(programme, library, tmp_path, monkeypatch):
    note = Player.note_played

    def breaking(player, passage, seconds):
        if player.samples > 32_000:
            raise EngineError("NOT_FINITE", "broken", "mend it")
        note(player, passage, seconds)

    monkeypatch.setattr(Player, "note_played", breaking)
    with pytest.raises(EngineError, match="broken"):
        stream(programme, FileSink(tmp_path / "calm.wav"), library=library)
    assert soundfile.info(tmp_path / "calm.wav").frames > 30_000


def test_an_error_at_the_beginning_leaves_no_file(programme, library, tmp_path, monkeypatch):
    def broken(_player, _passage, _seconds):
        raise EngineError("NOT_FINITE", "broken", "mend it")

    monkeypatch.setattr(Player, "note_played", broken)
    with pytest.raises(EngineError, match="broken"):
        stream(programme, FileSink(tmp_path / "calm.wav"), library=library)
    assert not list(tmp_path.glob("*calm*"))


@pytest.mark.parametrize("limit", ["disk", "format"])
def test_a_file_that_can_take_no_more_ends_faded(programme, library, tmp_path, monkeypatch, limit):
    if limit == "disk":
        monkeypatch.setattr(sinks, "LEAST_FREE_BYTES", 10**18)
    else:
        monkeypatch.setattr(wav, "_LARGEST", 2**16 + 6 * 5 * 48_000)
    result = stream(programme, FileSink(tmp_path / "calm.wav"), library=library)
    assert result.ended == "output"
    assert {"disk": "nearly full", "format": "holds no more"}[limit] in result.heard.full
    audio, _ = soundfile.read(tmp_path / "calm.wav")
    assert len(audio) / 48_000 == result.audio_seconds <= 5.0
    assert np.abs(audio[-1]).max() < 1e-3


def test_a_program_is_told_everything_in_one_object(programme, library):
    result = stream(programme, Listener(), 0.5, library=library)
    mapping = json.loads(json.dumps(result.as_mapping(), allow_nan=False))
    assert {
        "audio_seconds", "elapsed_seconds", "working_seconds", "times_real_time", "underruns",
        "missing_seconds", "late", "ended", "full", "sample_rate", "channels", "gain_db", "seed",
        "picks", "model", "digest", "isa",
    } <= set(mapping)  # fmt: skip
    assert result.sentence().startswith("0.5 s of audio in ")
    assert result.sentence().endswith("× real time, 0 underruns")


def test_progress_is_told_without_an_end(programme, library):
    told = []
    stream(programme, Listener(stop_at=5), library=library, progress=lambda *x: told.append(x))
    assert all(total == float("inf") for _, total in told)
    assert [done for done, _ in told[:3]] == [0.0, 1_024 / 48_000, 2_048 / 48_000]


def test_stopped_before_its_first_sample_it_leaves_what_was_there(programme, library, tmp_path):
    """What is played first is still on its way when it is stopped."""
    stop = threading.Event()
    stop.set()
    (tmp_path / "calm.wav").write_bytes(b"old")
    with pytest.raises(WhisperwaveError) as caught:
        stream(programme, FileSink(tmp_path / "calm.wav"), library=library, stop=stop)
    assert caught.value.code == STOPPED
    assert (tmp_path / "calm.wav").read_bytes() == b"old"


@pytest.mark.parametrize("asked", [{"seconds": 0.0}, {"seconds": float("nan")}, {"block": 0}])
def test_impossible_numbers_are_refused(programme, library, asked):
    with pytest.raises(ConfigError):
        stream(programme, Listener(), library=library, **asked)


def test_a_pick_that_is_not_there_is_refused(programme, library):
    with pytest.raises(LibraryError):
        stream(replace(programme, picks=Picks.parse(["99"])), Listener(), 1.0, library=library)
