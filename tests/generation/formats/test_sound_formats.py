import io
import signal
import struct

import numpy as np
import pytest
import soundfile
from tinytag import TinyTag

from whisperwave import registry
from whisperwave.errors import OutputError
from whisperwave.generation.formats import flac, mp3, ogg, wav
from whisperwave.generation.libsndfile import encode_with
from whisperwave.generation.tags import tags_for

FORMATS = registry.names("generation.formats")
LOSSLESS = ("flac", "wav")
RATE = 16_000
TAGS = tags_for("calm@0123456789ab", "int8", seed=7, picks="3:1 7:2 12:1")


@pytest.fixture
def audio():
    seconds = np.arange(3 * RATE) / RATE
    sound = 0.3 * np.sin(2 * np.pi * 440 * seconds) + 0.01 * np.cos(2 * np.pi * 3_000 * seconds)
    return sound[np.newaxis].astype(np.float32)


def encoded(name, audio, serial=7):
    return registry.find("generation.formats", name).encode(audio, RATE, TAGS, serial)


def decoded(data):
    return soundfile.read(io.BytesIO(data), always_2d=True, dtype="float32")


def test_the_four_formats_are_there():
    assert FORMATS == ("flac", "mp3", "ogg", "wav")


@pytest.mark.parametrize("name", FORMATS)
def test_sound_comes_back_with_its_rate_and_exact_length(name, audio):
    samples, rate = decoded(encoded(name, audio))
    assert rate == RATE
    assert samples.shape == audio.T.shape


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_formats_round_to_24_bits_and_no_further(name, audio):
    samples, _ = decoded(encoded(name, audio))
    assert np.abs(samples.T - audio).max() <= 2.0**-24


@pytest.mark.parametrize("name", ["mp3", "ogg"])
def test_lossy_formats_keep_the_tone(name, audio):
    samples, _ = decoded(encoded(name, audio))
    spectrum = np.abs(np.fft.rfft(samples[:, 0]))
    assert spectrum.argmax() * RATE / len(samples) == pytest.approx(440, abs=1)
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.02)


@pytest.mark.parametrize("name", FORMATS)
def test_the_file_says_that_it_is_generated_and_how_to_make_it_again(name, audio, tmp_path):
    path = tmp_path / f"calm.{name}"
    path.write_bytes(encoded(name, audio))
    read = TinyTag.get(path)
    for field in (read.title, read.artist, read.comment):
        assert "AI-generated" in field
    assert "model=calm@0123456789ab precision=int8 seed=7 picks=3:1 7:2 12:1" in read.comment
    assert read.duration == pytest.approx(3.0, abs=0.15)


@pytest.mark.parametrize("name", FORMATS)
def test_stereo_keeps_left_and_right_apart(name, audio):
    samples, _ = decoded(encoded(name, np.concatenate([audio, 0.0 * audio])))
    assert np.abs(samples[:, 0]).max() > 0.2
    assert np.abs(samples[:, 1]).max() < 1e-3


@pytest.mark.parametrize("name", FORMATS)
def test_a_single_sample_makes_a_file_too(name):
    samples, _ = decoded(encoded(name, np.full((1, 1), 0.25, np.float32)))
    assert samples.shape == (1, 1)


@pytest.mark.parametrize("name", FORMATS)
def test_no_date_is_in_the_file(name, audio):
    read = TinyTag.get(f"calm.{name}", file_obj=io.BytesIO(encoded(name, audio)))
    assert not any("date" in field or "year" in field for field in read.as_dict())


def test_wav_full_scale_is_clipped_not_wrapped():
    samples, _ = decoded(wav.encode(np.array([[1.5, 1.0, -1.0, -1.5]], np.float32), RATE, TAGS, 0))
    assert samples[:, 0] == pytest.approx([1.0, 1.0, -1.0, -1.0], abs=2.0**-22)


def test_wav_chunks_have_even_sizes_and_the_stated_length():
    data = wav.encode(np.zeros((1, 333), np.float32), RATE, TAGS, 0)
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    assert len(data) % 2 == 0


def test_the_ogg_checksum_is_the_one_libsndfile_writes(audio):
    data = encode_with(audio, RATE, TAGS, format="OGG", subtype="VORBIS")
    written = [struct.unpack("<I", page[22:26])[0] for page in ogg.pages(data)]
    assert written == [ogg.checksum(page) for page in ogg.pages(data)]
    assert len(written) >= 3


def test_every_ogg_page_carries_our_serial(audio):
    pages = list(ogg.pages(encoded("ogg", audio, serial=2**40 + 5)))
    assert {struct.unpack("<I", page[14:18])[0] for page in pages} == {5}
    assert b"".join(pages) == encoded("ogg", audio, serial=5)


def test_mp3_refuses_a_rate_it_does_not_have(audio):
    with pytest.raises(OutputError, match="17000"):
        mp3.encode(audio, 17_000, TAGS, 0)


@pytest.mark.parametrize("encode", [flac.encode, ogg.encode, mp3.encode])
def test_an_interruption_is_never_swallowed_by_an_encoder(encode, generator):
    """Ctrl-C in the middle of the work ends it; what comes back is the whole sound or nothing."""
    audio = (0.1 * generator.standard_normal((2, 96_000))).astype(np.float32)
    whole = encode(audio, 48_000, TAGS, 1)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        interrupted = 0
        for turn in range(1, 40):
            signal.setitimer(signal.ITIMER_REAL, 0.002 * turn)
            try:
                assert encode(audio, 48_000, TAGS, 1) == whole
                signal.setitimer(signal.ITIMER_REAL, 0.0)
            except KeyboardInterrupt:
                interrupted += 1
        assert interrupted > 0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
