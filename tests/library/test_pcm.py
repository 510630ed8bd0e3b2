import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from whisperwave.errors import AudioError
from whisperwave.library import cell
from whisperwave.library.audio import Gathering
from whisperwave.library.containers import examine
from whisperwave.library.decoding import decode_content, inspect_content

SUBTYPES = ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"]
NAME = Path("a.wav")


def written(generator, subtype, channels=2, frames=70_001, kind="WAV"):
    audio = generator.uniform(-1.0, 1.0, (frames, channels))
    audio[:2] = [[-1.0] * channels, [1.0] * channels]
    file = io.BytesIO()
    soundfile.write(file, audio, 22_050, subtype, format=kind)
    return file.getvalue()


@pytest.fixture
def no_decoder(monkeypatch):
    monkeypatch.setattr(cell.SHARED, "decode", None)


@pytest.mark.parametrize("kind", ["WAV", "WAVEX", "RF64"])
@pytest.mark.parametrize("subtype", SUBTYPES)
def test_plain_numbers_are_read_without_a_decoder_as_libsndfile_reads_them(
    generator, subtype, kind, no_decoder
):
    content = written(generator, subtype, kind=kind)
    audio = decode_content(content, NAME)
    wanted, rate = soundfile.read(io.BytesIO(content), dtype="float32")
    np.testing.assert_array_equal(audio.samples, wanted.T)
    assert audio.sample_rate == rate


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
def test_what_is_found_in_them_is_what_the_decoder_finds(generator, subtype):
    content = written(generator, subtype, channels=3)
    header = examine(content)
    ours = decode_content(content, NAME)
    gathering = Gathering()
    theirs = cell.SHARED.decode(content, max_seconds=60.0, hear=gathering.hear)
    np.testing.assert_array_equal(ours.samples, gathering.samples())
    assert header.pcm is not None
    assert header.pcm.frames == theirs.frames == 70_001


def test_measures_are_taken_without_keeping_samples(generator, no_decoder):
    found = inspect_content(written(generator, "PCM_24"), NAME)
    assert (found.channels, found.sample_rate) == (2, 22_050)
    assert found.seconds == 70_001 / 22_050


def test_a_sound_that_is_too_long_is_not_read(generator, no_decoder):
    with pytest.raises(AudioError) as refusal:
        decode_content(written(generator, "PCM_16"), NAME, max_seconds=1.0)
    assert refusal.value.code == "AUDIO_TOO_LONG"


def test_numbers_that_are_none_are_counted_and_the_first_is_named(generator, no_decoder):
    content = bytearray(written(generator, "FLOAT", channels=1))
    values = np.frombuffer(content, "<f4", 70_001, len(content) - 4 * 70_001)
    values[[66_000, 69_999]] = np.nan, np.inf
    with pytest.raises(AudioError, match="2 samples are NaN or infinite, the first in frame 66000"):
        decode_content(bytes(content), NAME)
