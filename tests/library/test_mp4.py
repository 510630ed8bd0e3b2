import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile

from whisperwave.errors import AudioError
from whisperwave.library import decode, ffmpeg, open_library
from whisperwave.library.containers import examine

RATE = 16000
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg makes the files")


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of two channels."""
    path = tmp_path_factory.mktemp("mp4") / "sound.wav"
    times = np.arange(2 * RATE) / RATE
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * np.outer(times, (440, 550))), RATE)
    return path


@pytest.fixture
def encoded(wav: Path, tmp_path: Path) -> Callable[..., Path]:
    """Writes the sound as MP4."""

    def write(codec: str, name: str = "sound.m4a", *options: str) -> Path:
        command = ["ffmpeg", "-loglevel", "error", "-i", wav, "-c:a", codec, *options]
        subprocess.run([*command, tmp_path / name], check=True)
        return tmp_path / name

    return write


@needs_ffmpeg
def test_a_lossless_mp4_file_is_read_exactly(encoded, wav):
    audio = decode(encoded("alac"))
    assert audio.sample_rate == RATE
    assert np.array_equal(audio.samples, soundfile.read(wav, dtype="float32")[0].T)
    assert audio.notes == ()


@needs_ffmpeg
def test_an_aac_file_is_read_to_its_end(encoded, wav):
    audio = decode(encoded("aac"))
    original = soundfile.read(wav, dtype="float32")[0].T
    assert (audio.channels, audio.sample_rate) == (2, RATE)
    assert 0 <= audio.samples.shape[1] - original.shape[1] <= 1024
    difference = audio.samples[:, : original.shape[1]] - original
    assert np.sqrt(np.mean(difference**2)) < 0.02


@needs_ffmpeg
def test_a9_an_mp4_file_of_another_name_is_known_by_its_content(encoded, tmp_path):
    path = encoded("alac").rename(tmp_path / "sound.mp3")
    assert any(note.startswith("EXT_MISMATCH") for note in decode(path).notes)


@needs_ffmpeg
@pytest.mark.parametrize("codec", ["aac", "alac"])
def test_an_mp4_file_cut_anywhere_says_so(encoded, codec, tmp_path, refused):
    content = encoded(codec, "sound.m4a", "-movflags", "+faststart").read_bytes()
    for share in (0.01, 0.3, 0.6, 0.99):
        path = tmp_path / "cut.m4a"
        path.write_bytes(content[: int(share * len(content))])
        with pytest.raises(AudioError) as caught:
            decode(path)
        assert caught.value.code in ("AUDIO_HEADER_TRUNCATED", "AUDIO_TRUNCATED")
    kept = decode(path, allow_truncated=True)
    assert kept.notes[0].startswith("AUDIO_TRUNCATED")


@needs_ffmpeg
def test_what_ffmpeg_complains_of_is_damage_told_without_its_memory(encoded, tmp_path):
    content = bytearray(encoded("aac", "sound.m4a", "-movflags", "+faststart").read_bytes())
    start = content.index(b"mdat") + 2000
    content[start : start + 500] = bytes(byte ^ 0x5A for byte in content[start : start + 500])
    (tmp_path / "damaged.m4a").write_bytes(content)
    with pytest.raises(AudioError) as caught:
        decode(tmp_path / "damaged.m4a")
    assert caught.value.code == "AUDIO_DAMAGED"
    assert "0x" not in caught.value.message


@needs_ffmpeg
def test_an_mp4_file_becomes_a_clip(encoded, tmp_path, starter_folder):
    with open_library(tmp_path / "data", starter_folder) as library:
        clip = library.add(encoded("aac")).clip
        assert library.audio(clip.number).seconds == pytest.approx(2.0, abs=0.07)


@needs_ffmpeg
def test_a_file_that_is_too_long_is_refused_unconverted(encoded, monkeypatch):
    path = encoded("aac")
    monkeypatch.setattr(ffmpeg, "convert_mp4", lambda *_: pytest.fail("it was converted"))
    with pytest.raises(AudioError) as caught:
        decode(path, max_seconds=1.0)
    assert caught.value.code == "AUDIO_TOO_LONG"


@needs_ffmpeg
def test_a_film_gives_its_sound(encoded):
    path = encoded(
        "aac", "film.mp4", "-f", "lavfi", "-i", "color=size=16x16:duration=1", "-shortest"
    )
    assert decode(path).seconds > 0.5


@needs_ffmpeg
def test_without_ffmpeg_the_remedy_says_what_to_install(encoded, monkeypatch):
    path = encoded("alac")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(AudioError, match="Install ffmpeg") as caught:
        decode(path)
    assert caught.value.code == "NEEDS_FFMPEG"
    assert not ffmpeg.is_here()


@pytest.mark.parametrize(
    ("program", "code"),
    [("kill -SEGV $$", "DECODER_CRASHED"), ("kill -KILL $$", "DECODER_TIMEOUT"),
     ("exec sleep 60", "DECODER_TIMEOUT")],
)  # fmt: skip
def test_a_converter_that_dies_or_hangs_costs_one_file(tmp_path, monkeypatch, program, code):
    (tmp_path / "ffmpeg").write_text(f"#!/bin/sh\n{program}\n")
    (tmp_path / "ffmpeg").chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(tmp_path / "ffmpeg"))
    monkeypatch.setattr(ffmpeg, "_PATIENCE", 0.01)
    with pytest.raises(AudioError) as caught:
        ffmpeg.convert_mp4(b"", 1.0)
    assert caught.value.code == code


def box(name: bytes, *bodies: bytes) -> bytes:
    """One MP4 box."""
    body = b"".join(bodies)
    return (8 + len(body)).to_bytes(4) + name + body


def movie(codec: bytes = b"mp4a", timescale: int = RATE, handler: bytes = b"soun") -> bytes:
    """An MP4 file of a second, by its header."""
    times = bytes(12) + timescale.to_bytes(4) + RATE.to_bytes(4) + bytes(4)
    entry = box(codec, bytes(16), (1).to_bytes(2), bytes(6), (RATE << 16).to_bytes(4), bytes(8))
    table = box(b"minf", box(b"stbl", box(b"stsd", bytes(8), entry)))
    media = box(b"mdia", box(b"mdhd", times), box(b"hdlr", bytes(8), handler, bytes(12)), table)
    return box(b"ftyp", b"M4A \0\0\0\0") + box(b"moov", box(b"trak", media))


def test_the_header_says_length_and_rate():
    header = examine(movie())
    assert (header.kind, header.sample_rate, header.expected_frames) == ("MP4", RATE, RATE)


def test_a8_a_second_file_behind_the_first_is_noted():
    assert examine(movie()).notes == ()
    (note,) = examine(movie() + movie()).notes
    assert note.startswith("JUNK_AFTER: another MP4 file")


@needs_ffmpeg
def test_a8_a_second_sound_is_not_left_out_silently(encoded, tmp_path):
    content = encoded("aac").read_bytes()
    (tmp_path / "twice.m4a").write_bytes(2 * content)
    assert any(note.startswith("JUNK_AFTER") for note in decode(tmp_path / "twice.m4a").notes)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (movie(codec=b"drms"), "AUDIO_UNSUPPORTED_CODEC"),
        (movie(timescale=0), "AUDIO_HEADER_MISMATCH"),
        (movie(handler=b"vide"), "AUDIO_NO_SAMPLES"),
        (movie()[:-20], "AUDIO_HEADER_TRUNCATED"),
        (movie().replace(b"mdhd", b"free"), "AUDIO_HEADER_MISMATCH"),
        (movie().replace(b"stsd", b"free"), "AUDIO_HEADER_MISMATCH"),
        (movie()[:24], "AUDIO_HEADER_TRUNCATED"),
        (movie()[:12] + b"\xff" * 40, "AUDIO_HEADER_TRUNCATED"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(content, code):
    with pytest.raises(AudioError) as caught:
        examine(content)
    assert caught.value.code == code


def test_no_flipped_byte_of_a_header_is_more_than_a_refusal():
    content = movie()
    for place in range(len(content)):
        for flip in (0x01, 0x80, 0xFF):
            damaged = bytearray(content)
            damaged[place] ^= flip
            with suppress(AudioError):  # any other error fails
                examine(bytes(damaged))
