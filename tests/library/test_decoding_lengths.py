"""A sound is as long as its header says, whatever stands behind it, or its notes say otherwise."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from whisperwave.errors import AudioError
from whisperwave.library import decode
from whisperwave.library.containers import ogg

Write = Callable[..., Path]
Refused = Callable[..., AudioError]
ID3_TAG = b"TAG" + bytes(125)
FORMS = ("WAV", "RF64", "W64", "AIFF", "FLAC", "OGG")
WAVE64_LIST = b"list\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a" + struct.pack("<Q", 24 + 64)


def codes(path: Path) -> list[str]:
    return [note.partition(":")[0] for note in decode(path).notes]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("tail", [ID3_TAG, b"\xff\0junk" * 40, bytes(5) + b"\xff" * 30])
def test_a33_what_is_no_sound_is_noted_and_never_heard(
    sound: Write, form: str, tail: bytes
) -> None:
    path = sound("sound", format=form)
    clean = decode(path).samples
    path.write_bytes(path.read_bytes() + tail)
    np.testing.assert_array_equal(decode(path).samples, clean)
    assert codes(path) == ["JUNK_AFTER"]


@pytest.mark.parametrize("tail", [bytes(40), b"loud" * 10])
def test_a_chunk_behind_a_wave64_sound_is_not_heard(sound: Write, tail: bytes) -> None:
    path = sound("sound.w64", subtype="PCM_16")
    path.write_bytes(path.read_bytes() + WAVE64_LIST + tail.ljust(64, b"\0"))
    assert decode(path).samples.shape == (1, 8000)
    assert codes(path) == []


@pytest.mark.parametrize("form", FORMS)
def test_a_second_sound_in_the_file_is_never_left_out_silently(
    sound: Write, form: str, refused: Refused
) -> None:
    path, second = sound("first", format=form), sound("second", np.ones((100, 1)), format="WAV")
    content = path.read_bytes()
    path.write_bytes(content + second.read_bytes())
    assert codes(path) == ["JUNK_AFTER"]
    path.write_bytes(content * 2)
    refused(path, "AUDIO_DAMAGED" if form in ("FLAC", "OGG") else "AUDIO_HEADER_MISMATCH")


def test_a_flac_frame_that_looks_like_another_is_still_the_last(sound: Write) -> None:
    for frames in range(4000, 4400, 8):
        path = sound("sound.flac", np.random.default_rng(frames).uniform(-1, 1, (frames, 1)))
        assert codes(path) == []


def of_unknown_length(content: bytes) -> bytes:
    """A FLAC file as a program leaves it that cannot go back to its beginning."""
    return content[:21] + bytes([content[21] & 0xF0]) + bytes(20) + content[42:]


@pytest.mark.parametrize("frames", [1, 4096, 5000, 8192, 12_000])
def test_a6_a_flac_file_from_a_pipe_is_read_to_its_end(
    sound: Write, frames: int, refused: Refused
) -> None:
    path = sound("sound.flac", np.random.default_rng(1).uniform(-1, 1, (frames, 2)))
    clean = decode(path).samples
    path.write_bytes(of_unknown_length(path.read_bytes()))
    np.testing.assert_array_equal(decode(path).samples, clean)
    assert codes(path) == ["SIZE_UNKNOWN"]
    path.write_bytes(path.read_bytes()[:-3])
    refused(path, "AUDIO_DAMAGED")


def test_a6_a_wave64_file_from_a_pipe_is_read_to_its_end(sound: Write) -> None:
    path = sound("sound.w64", subtype="PCM_16")
    content = path.read_bytes()
    at = content.index(b"data") + 16
    path.write_bytes(content[:at] + b"\xff" * 7 + b"\x7f" + content[at + 8 :])
    assert decode(path).samples.shape == (1, 8000)
    assert codes(path) == ["SIZE_UNKNOWN"]


def test_an_aiff_file_from_a_pipe_says_that_its_header_is_wrong(
    sound: Write, refused: Refused
) -> None:
    path = sound("sound.aiff")
    content = path.read_bytes()
    at = content.index(b"SSND") + 4
    path.write_bytes(content[:at] + bytes(4) + content[at + 4 :])
    refused(path, "AUDIO_HEADER_MISMATCH", "0 bytes of audio")


@pytest.mark.parametrize("filler", [b"\xff\xf8", b"\xff\xf8\xc9\x18\0\xc2", b"\xff\xf9\x69\x08"])
def test_a_hostile_flac_file_is_judged_soon(write: Write, filler: bytes, refused: Refused) -> None:
    information = struct.pack(">HHIQ", 4096, 4096, 0, 44100 << 44 | 15 << 36) + bytes(18)
    content = b"fLaC\x80\0\0\x22" + information[:34] + filler * 1_000_000
    refused(write(content), "AUDIO_DAMAGED")


def test_an_aiff_file_that_says_too_little_is_read_whole_and_noted(sound: Write) -> None:
    path = sound("sound.aiff")
    content = path.read_bytes()
    at = content.index(b"COMM") + 10
    path.write_bytes(content[:at] + (500).to_bytes(4) + content[at + 4 :])
    audio = decode(path)
    assert audio.samples.shape == (1, 8000)
    assert audio.notes == ("LONGER: the header says 500 frames, 8000 are there.",)


def ending_at(content: bytes, position: int) -> bytes:
    """The Ogg file with another position in its last page, and the checksum for it."""
    start = content.rindex(b"OggS")
    page = content[start : start + 6] + position.to_bytes(8, "little") + content[start + 14 :]
    checksum = ogg._checksum(page).to_bytes(4, "little")
    return content[:start] + page[:22] + checksum + page[26:]


def test_an_ogg_file_that_gives_less_than_its_last_position_says_so(sound: Write) -> None:
    path = sound("sound.ogg")
    path.write_bytes(ending_at(path.read_bytes(), 90_000))
    assert decode(path).samples.shape[-1] >= 8000
    assert decode(path).notes[0].startswith("SHORTER: the header says 90000 frames, 8")


def test_an_ogg_file_that_lost_more_than_its_first_page_is_damaged(
    sound: Write, refused: Refused
) -> None:
    path = sound("sound.ogg", np.random.default_rng(1).uniform(-0.5, 0.5, (60_000, 1)))
    path.write_bytes(ending_at(path.read_bytes(), 600_000))
    refused(path, "AUDIO_DAMAGED", "of 600000 frames")


def test_an_opus_file_is_counted_at_the_rate_at_which_it_is_heard(
    sound: Write, refused: Refused
) -> None:
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (60_000, 1))
    path = sound("sound.opus", noise, format="OGG", subtype="OPUS")
    assert decode(path).samples.shape == (1, 60_000)
    assert codes(path) == []
    path.write_bytes(ending_at(path.read_bytes(), 1_200_312))
    refused(path, "AUDIO_DAMAGED", "of 400000 frames")
