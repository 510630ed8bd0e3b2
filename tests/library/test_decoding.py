"""The faults that a sound file can have: row A of the matrix, by its numbers."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from whisperwave.errors import AudioError
from whisperwave.library import decode

RATE = 16000
Write = Callable[..., Path]
Refused = Callable[..., AudioError]


def noise(frames: int = 8000, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(7).uniform(-0.5, 0.5, (frames, channels))


def wav(
    data: bytes, *, tag: int = 1, channels: int = 1, rate: int = RATE, bits: int = 16,
    align: int | None = None, size: int | None = None, extra: bytes = b"",
) -> bytes:  # fmt: skip
    """A WAV file in which every field can lie."""
    align = channels * bits // 8 if align is None else align
    size = len(data) if size is None else size
    layout = struct.pack("<HHIIHH", tag, channels, rate & 0xFFFFFFFF, 0, align & 0xFFFF, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16 + len(extra)) + layout + extra
    body += b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_a1_an_empty_file(write: Write, refused: Refused) -> None:
    refused(write(b""), "AUDIO_EMPTY", "0 bytes")


def test_a2_a_header_without_samples(write: Write, refused: Refused) -> None:
    refused(write(wav(b"")), "AUDIO_NO_SAMPLES")


@pytest.mark.parametrize("length", [4, 8, 11, 12, 16, 20, 30, 40])
def test_a3_a_header_cut_anywhere_says_where(write: Write, length: int, refused: Refused) -> None:
    refused(write(wav(b"\0" * 100)[:length]), "AUDIO_HEADER_TRUNCATED", f"byte {length}")


@pytest.mark.parametrize("format", ["WAV", "WAVEX", "RF64", "W64", "AIFF"])
def test_a4_data_cut_in_half_tells_what_is_missing(
    sound: Write, format: str, refused: Refused
) -> None:
    path = sound("cut", format=format, subtype="PCM_16")
    path.write_bytes(path.read_bytes()[:-8000])
    refused(path, "AUDIO_TRUNCATED", "4000 of 8000 frames")
    kept = decode(path, allow_truncated=True)
    assert kept.samples.shape == (1, 4000)
    assert [note.partition(":")[0] for note in kept.notes] == ["AUDIO_TRUNCATED"]


def test_a5_data_cut_in_the_middle_of_a_sample(sound: Write, refused: Refused) -> None:
    path = sound("cut.wav")
    path.write_bytes(path.read_bytes()[:-8001])
    refused(path, "AUDIO_TRUNCATED", "3999 of 8000 frames")


def test_a4_data_cut_right_after_the_header(write: Write, refused: Refused) -> None:
    refused(write(wav(b"", size=1000)), "AUDIO_TRUNCATED", allow_truncated=True)


def test_a6_a_streamed_file_of_unknown_size_is_read_to_its_end(write: Write) -> None:
    audio = decode(write(wav(b"\1\2" * 500, size=0xFFFFFFFF)))
    assert audio.samples.shape == (1, 500)
    assert audio.notes[0].startswith("SIZE_UNKNOWN")


def test_a7_a_size_of_zero_with_data_behind_it(write: Write, refused: Refused) -> None:
    refused(write(wav(b"\1\2" * 500, size=0)), "AUDIO_HEADER_MISMATCH", "1000 bytes follow")


def test_a7_a_size_of_zero_with_only_tags_behind_it(write: Write, refused: Refused) -> None:
    tags = b"LIST" + struct.pack("<I", 4) + b"INFO"
    refused(write(wav(tags, size=0)), "AUDIO_NO_SAMPLES")


def test_a8_two_blocks_of_data(write: Write, refused: Refused) -> None:
    second = b"data" + struct.pack("<I", 4) + b"\0" * 4
    refused(write(wav(b"\0" * 100) + second), "AUDIO_HEADER_MISMATCH", "two blocks")


def test_a9_the_content_decides_and_a_wrong_name_is_noted(sound: Write) -> None:
    path = sound("really.mp3", format="WAV", subtype="PCM_16")
    audio = decode(path)
    assert audio.samples.shape == (1, 8000)
    assert audio.notes == ("EXT_MISMATCH: the name ends in .mp3, the file is WAV.",)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"just some words\n" * 9, "text"),
        ("Grüße an das Meer\n".encode() * 60, "text"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a PNG picture"),
        (b"PK\x03\x04" + bytes(100), "a zip archive"),
        (b"\n<!DOCTYPE html><html></html>", "an HTML page"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "a RIFF file that is not WAV"),
        (bytes(range(256)), "of no kind known here"),
        (b"\0" * 1000, "of no kind known here"),
    ],
)
def test_a10_what_is_not_audio_is_named(
    write: Write, content: bytes, found: str, refused: Refused
) -> None:
    refused(write(content), "NOT_AUDIO", found)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a11_samples_that_are_no_numbers(sound: Write, bad: float, refused: Refused) -> None:
    samples = noise(9000, 2)
    samples[5000:5003, 1] = bad
    path = sound("bad.wav", samples, subtype="FLOAT")
    refused(path, "AUDIO_NONFINITE", "3 samples are NaN or infinite, the first in frame 5000")
    refused(path, "AUDIO_NONFINITE", allow_truncated=True)


def test_a12_samples_beyond_full_scale_are_kept_and_noted(sound: Write) -> None:
    audio = decode(sound("loud.wav", noise() * 16, subtype="FLOAT"))
    assert np.abs(audio.samples).max() == pytest.approx(8.0, rel=0.01)
    assert audio.notes[0].startswith("PEAK: samples reach 8")


def test_a13_a_single_sample_is_a_sound(sound: Write) -> None:
    assert decode(sound("one.wav", noise(1))).samples.shape == (1, 1)


def test_a14_eight_bits_map_exactly(write: Write) -> None:
    audio = decode(write(wav(bytes([0, 128, 255, 64]), bits=8)))
    np.testing.assert_array_equal(audio.samples, [[-1.0, 0.0, 127 / 128, -0.5]])


def test_a15_twenty_four_bits_are_exact(sound: Write) -> None:
    whole = np.random.default_rng(3).integers(-(2**23), 2**23, (1000, 1))
    audio = decode(sound("deep.wav", (whole << 8).astype(np.int32), subtype="PCM_24"))
    np.testing.assert_array_equal(audio.samples.T * 2**23, whole)


@pytest.mark.parametrize(("tag", "bits"), [(1, 13), (1, 0), (1, 64), (3, 16), (3, 24), (7, 16)])
def test_a16_an_odd_number_of_bits(write: Write, tag: int, bits: int, refused: Refused) -> None:
    refused(write(wav(bytes(100), tag=tag, bits=bits)), "AUDIO_UNSUPPORTED_BITS", f"{bits} bits")


def test_a18_eight_channels_come_out_as_eight(sound: Write) -> None:
    assert decode(sound("eight.wav", noise(100, 8))).samples.shape == (8, 100)


@pytest.mark.parametrize("channels", [0, 65, 65535])
def test_a19_an_impossible_number_of_channels(
    write: Write, channels: int, refused: Refused
) -> None:
    content = wav(bytes(100), channels=channels, align=2)
    refused(write(content), "AUDIO_BAD_CHANNELS", f"{channels} channels")


@pytest.mark.parametrize("rate", [0, 999, 4_000_000_000])
def test_a20_an_impossible_rate(write: Write, rate: int, refused: Refused) -> None:
    refused(write(wav(bytes(100), rate=rate)), "AUDIO_BAD_RATE", f"{rate} Hz")


def test_a21_silence_is_a_sound_and_noted(sound: Write) -> None:
    assert decode(sound("silent.wav", np.zeros((100, 1)))).notes[0].startswith("SILENT")


def test_a17_a_high_rate_is_read_as_it_is(write: Write) -> None:
    samples = np.random.default_rng(1).integers(-9000, 9000, 192_000, "<i2")
    audio = decode(write(wav(samples.tobytes(), rate=192_000)))
    assert audio.sample_rate == 192_000
    np.testing.assert_array_equal(audio.samples[0] * 2**15, samples)


def test_a22_a_sound_beside_zero_is_kept_and_noted(sound: Write) -> None:
    stereo = noise(8000, 2) / 4 + [0.0, -0.5]
    audio = decode(sound("shifted.wav", stereo))
    assert audio.samples[1].mean() == pytest.approx(-0.5, abs=0.01)
    assert audio.notes == ("DC: the middle of the sound is 0.5 away from zero; it was kept.",)


@pytest.mark.parametrize("subtype", ["ULAW", "ALAW", "IMA_ADPCM", "MS_ADPCM"])
def test_a25_old_codecs_are_read_with_their_padding(sound: Write, subtype: str) -> None:
    frames = decode(sound("old.wav", subtype=subtype)).samples.shape[-1]
    assert 8000 <= frames < 10000


@pytest.mark.parametrize("tag", [0x11, 2])
def test_a26_an_adpcm_block_that_claims_too_much(write: Write, tag: int, refused: Refused) -> None:
    content = wav(bytes(2000), tag=tag, bits=4, align=256, extra=struct.pack("<HH", 2, 60000))
    refused(write(content), "AUDIO_HEADER_MISMATCH", "cannot hold 60000 frames")


def test_a27_an_unknown_codec_is_named_by_its_number(write: Write, refused: Refused) -> None:
    refused(write(wav(bytes(100), tag=0x7777)), "AUDIO_UNSUPPORTED_CODEC", "0x7777")


def test_a_frame_size_that_contradicts_the_format(write: Write, refused: Refused) -> None:
    refused(write(wav(bytes(100), align=3)), "AUDIO_HEADER_MISMATCH", "3 bytes a frame")


def test_a28_an_mp3_with_a_hole_says_so(sound: Write, refused: Refused) -> None:
    path = sound("hole.mp3", noise(44100))
    content = bytearray(path.read_bytes())
    header = content.index(content[1000:].split(b"\xff\xf3")[1][:16], 1000) - 2
    content[header : header + 300] = bytes(300)
    path.write_bytes(content)
    refused(path, "AUDIO_DAMAGED", "bytes are not MP3 frames; 42")
    assert decode(path, allow_truncated=True).notes[0].startswith("AUDIO_DAMAGED")


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9, 0.99])
def test_a29_an_mp3_cut_anywhere_says_so(sound: Write, part: float, refused: Refused) -> None:
    path = sound("cut.mp3", noise(44100))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    refused(path, "AUDIO_TRUNCATED", "of 44100 frames")


def test_a29_an_mp3_cut_between_two_frames_says_so(sound: Write, refused: Refused) -> None:
    path = sound("cut.mp3", noise(44100))
    content = path.read_bytes()
    path.write_bytes(content[: content.rindex(content[:3], 0, len(content) // 2)])
    refused(path, "AUDIO_TRUNCATED", "of 44100 frames")


def test_a30_a_large_picture_in_front_of_the_sound_is_skipped(sound: Write) -> None:
    path = sound("picture.mp3")
    size = 5_000_000
    sizes = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    path.write_bytes(b"ID3\x04\0\0" + sizes + bytes(size) + path.read_bytes())
    audio = decode(path)
    assert audio.samples.shape == (1, 8000)
    assert audio.notes == ()


def without_table(content: bytes) -> bytes:
    """An MP3 of ours without its first frame, which holds the table of lengths."""
    return content[content.index(content[:2], 40) :]


def test_an_mp3_without_a_table_is_read_to_its_end(sound: Write) -> None:
    path = sound("plain.mp3", noise(44100) / 2, bitrate_mode="VARIABLE", compression_level=0.5)
    path.write_bytes(without_table(path.read_bytes()))
    audio = decode(path)
    assert 44100 <= audio.samples.shape[-1] < 44100 + 3 * 1152
    assert audio.notes == ()


def test_two_mp3_files_in_one_are_both_read(sound: Write) -> None:
    path = sound("both.mp3", noise(44100))
    path.write_bytes(path.read_bytes() * 2)
    audio = decode(path)
    assert audio.samples.shape[-1] >= 2 * 44100
    assert audio.notes[0].startswith("LONGER")


APE_TAG = b"APETAGEX" + struct.pack("<II", 2000, 300) + bytes(16 + 300)


@pytest.mark.parametrize("tag", [b"TAG" + bytes(125), APE_TAG, APE_TAG + b"TAG" + bytes(125)])
def test_tags_behind_an_mp3_are_no_damage(sound: Write, tag: bytes) -> None:
    path = sound("tagged.mp3")
    path.write_bytes(path.read_bytes() + tag)
    assert decode(path).notes == ()


def test_tags_between_two_mp3_files_are_no_damage(sound: Write) -> None:
    path = sound("both.mp3", noise(44100))
    tags = b"TAG" + bytes(125) + b"ID3\x04\0\0\0\0\0\x40" + bytes(64)
    path.write_bytes(path.read_bytes() + tags + path.read_bytes())
    audio = decode(path)
    assert audio.samples.shape[-1] >= 2 * 44100
    assert [note.partition(":")[0] for note in audio.notes] == ["LONGER"]


def test_a33_junk_around_an_mp3_is_noted(sound: Write) -> None:
    path = sound("junk.mp3", noise(44100))
    path.write_bytes(bytes(range(200, 100, -1)) * 10 + path.read_bytes() + bytes(1000))
    audio = decode(path)
    assert audio.samples.shape == (1, 44100)
    assert [note.partition(":")[0] for note in audio.notes] == ["JUNK_BEFORE", "JUNK_AFTER"]


def test_a33_junk_behind_a_wav_changes_nothing(sound: Write) -> None:
    path = sound("junk.wav")
    path.write_bytes(path.read_bytes() + b"\xff\0junk" * 200)
    audio = decode(path)
    assert audio.samples.shape == (1, 8000)
    assert audio.notes == ("JUNK_AFTER: 1200 bytes after the sound.",)


def test_a7_a_size_far_too_small_is_refused(write: Write, refused: Refused) -> None:
    content = wav(noise(500).astype("<f4").tobytes(), size=40)
    refused(write(content), "AUDIO_HEADER_MISMATCH", "40 bytes of audio, and 1960 bytes follow")


@pytest.mark.parametrize("filler", [b"\xff", b"\xff\xfb", b"OggS", b"\xff\xfb\x90\x00"])
def test_a_large_hostile_file_is_judged_soon(write: Write, filler: bytes, refused: Refused) -> None:
    code = "AUDIO_UNSUPPORTED_CODEC" if filler == b"OggS" else "NOT_AUDIO"
    refused(write(filler * 2_000_000, "hostile.mp3"), code)


@pytest.mark.parametrize("subtype", ["PCM_S8", "PCM_16", "PCM_24"])
def test_a31_a_flac_file_passes_its_own_md5(sound: Write, subtype: str) -> None:
    audio = decode(sound("good.flac", noise(9000, 2), subtype=subtype))
    assert (audio.samples.shape, audio.notes) == ((2, 9000), ())


def test_a31_a_flac_file_with_a_wrong_md5_is_damaged(sound: Write, refused: Refused) -> None:
    path = sound("lies.flac")
    content = bytearray(path.read_bytes())
    content[30] ^= 1
    path.write_bytes(content)
    refused(path, "AUDIO_DAMAGED", "do not match its MD5")


@pytest.mark.parametrize("name", ["a.flac", "a.ogg", "a.opus"])
def test_a31_a32_a_flipped_bit_is_found(sound: Write, name: str, refused: Refused) -> None:
    subtype = {"subtype": "OPUS", "format": "OGG"} if name == "a.opus" else {}
    path = sound(name, **subtype)
    content = bytearray(path.read_bytes())
    for position in range(len(content) // 2, len(content), len(content) // 9):
        flipped = content.copy()
        flipped[position] ^= 0x10
        path.write_bytes(flipped)
        refused(path, "AUDIO_DAMAGED")


@pytest.mark.parametrize(("name", "code"), [("a.flac", "DAMAGED"), ("a.ogg", "TRUNCATED")])
def test_a31_a32_a_cut_file_is_found(sound: Write, name: str, code: str, refused: Refused) -> None:
    path = sound(name, noise(60000))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    refused(path, f"AUDIO_{code}", "frames")
    assert decode(path, allow_truncated=True).notes[0].startswith(f"AUDIO_{code}")


@pytest.mark.parametrize("magic", [b"MATLAB 5.0", b" paf", b"2BIT", b"\xf0\x7e", b"Extended"])
def test_a34_formats_that_only_the_decoder_knows_never_reach_it(
    write: Write, magic: bytes, refused: Refused
) -> None:
    refused(write(magic + bytes(500)), "NOT_AUDIO")


@pytest.mark.parametrize("name", ["long.wav", "long.flac", "long.ogg", "long.mp3"])
def test_a35_a_sound_beyond_the_budget_is_refused(
    sound: Write, name: str, refused: Refused
) -> None:
    refused(sound(name, noise(RATE)), "AUDIO_TOO_LONG", "longer than 0.5 s", max_seconds=0.5)
