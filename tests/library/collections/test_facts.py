import io
import tracemalloc
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import soundfile

from whisperwave.errors import AudioError
from whisperwave.library.collections.facts import read_facts

SONG = {"title": "A Song", "artist": "Jón Þór", "album": "One", "genre": "Rock", "date": "1999"}
KINDS = {
    ".mp3": "MP3",
    ".flac": "FLAC",
    ".ogg": "Ogg",
    ".opus": "Ogg",
    ".m4a": "MP4",
    ".wav": "WAV",
}


@pytest.mark.parametrize("suffix", KINDS)
def test_length_rate_and_tags_are_read_from_every_format(tagged: Callable[..., Path], suffix: str):
    facts = read_facts(tagged(f"song{suffix}", 2.0, **SONG))
    assert facts.kind == KINDS[suffix]
    assert facts.seconds == pytest.approx(2.0, abs=0.12)
    assert facts.sample_rate == (48_000 if suffix == ".opus" else 16_000)
    wanted = {"title": "A Song", "artist": "Jón Þór", "genre": "Rock", "year": "1999"}
    assert {name: facts.tags.get(name) for name in wanted} == wanted
    assert facts.sha256 is None


def test_the_content_decides_not_the_name(tagged: Callable[..., Path]):
    path = tagged("song.flac", **SONG)
    facts = read_facts(path.rename(path.with_suffix(".mp3")))
    assert (facts.kind, facts.tags["artist"]) == ("FLAC", "Jón Þór")


def test_a_flac_file_behind_an_id3_tag_is_a_flac_file(tagged: Callable[..., Path], make_id3):
    path = tagged("song.flac", 1.5)
    path.write_bytes(make_id3({"artist": "Behind"}) + path.read_bytes())
    facts = read_facts(path)
    assert (facts.kind, facts.seconds, facts.tags["artist"]) == ("FLAC", 1.5, "Behind")


def test_several_texts_under_one_name_are_joined(music: Path, vorbis_flac):
    path = vorbis_flac(music / "a.flac", [("GENRE", "Rock"), ("GENRE", "Pop"), ("MOOD", "calm")])
    tags = read_facts(path).tags
    assert (tags["genre"], tags["mood"]) == ("Rock; Pop", "calm")


def test_a_year_is_found_in_any_date(tagged: Callable[..., Path]):
    assert read_facts(tagged("a.mp3", date="2004-05-01")).tags["year"] == "2004"
    assert read_facts(tagged("b.mp3", date="2004-05-01")).tags["date"] == "2004-05-01"
    assert "year" not in read_facts(tagged("c.mp3", date="soon")).tags


def test_a36_strange_text_in_tags_is_escaped_and_cut(tagged: Callable[..., Path]):
    facts = read_facts(tagged("a.mp3", title="a\x1b[2J\nb\u202e", artist="x" * 1_000_000))
    assert facts.tags["title"] == "a\\x1b[2J\\nb\\u202e"
    assert facts.tags["artist"] == "x" * 4096


def test_a36_bytes_that_are_no_text_are_no_error(music: Path, tagged: Callable[..., Path]):
    path = tagged("a.mp3", artist="MARK")
    path.write_bytes(path.read_bytes().replace(b"MARK", b"\xff\xfe\xfd\xfc", 1))
    assert read_facts(path).tags["artist"].isprintable()


def test_at_most_so_many_tags_are_kept(music: Path, vorbis_flac):
    path = vorbis_flac(music / "a.flac", [(f"TAG{n:03}", "x") for n in range(500)])
    assert len(read_facts(path).tags) == 64


def test_a_tag_that_claims_gigabytes_costs_no_memory(music: Path, tagged: Callable[..., Path]):
    path = tagged("a.m4a", artist="someone")
    content = bytearray(path.read_bytes())
    at = content.index(b"\xa9ART") - 4
    content[at : at + 4] = (0xFFFFFFF0).to_bytes(4)
    path.write_bytes(content)
    tracemalloc.start()
    try:
        assert read_facts(path).seconds == 1.0
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_tags_of_a_hundred_megabytes_are_given_up(music: Path):
    path = music / "a.mp3"
    size = 100 * 2**20
    frame = b"TXXX" + bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0)) + bytes(2)
    whole = size + len(frame)
    header = b"ID3\x04\0\0" + bytes(whole >> shift & 0x7F for shift in (21, 14, 7, 0))
    with path.open("wb") as file:
        file.write(header + frame)
        file.truncate(len(header) + whole + 1000)
    with pytest.raises(AudioError, match="bytes") as caught:
        read_facts(path)
    assert caught.value.code == "TAGS_DAMAGED"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.mp3", b"", "AUDIO_EMPTY"),
        ("a.mp3", b"a list of songs\n" * 99, "NOT_AUDIO"),
        ("a.flac", b"\x89PNG\r\n\x1a\n" + bytes(99), "NOT_AUDIO"),
        ("a.ogg", b"OggS" + bytes(99), "AUDIO_UNSUPPORTED_CODEC"),
        ("a.flac", b"fLaC" + bytes(99), "AUDIO_BAD_RATE"),
        ("a.flac", b"fLaC", "AUDIO_HEADER_TRUNCATED"),
        ("a.wav", b"RIFF\0\0\0\0WAVEfmt ", "AUDIO_HEADER_TRUNCATED"),
        ("a.m4a", b"\0\0\0\x10ftypM4A \0\0\0\0", "AUDIO_HEADER_TRUNCATED"),
    ],
)
def test_what_says_nothing_of_itself_is_refused_by_a_code(music, name, content, code):
    path = music / name
    path.write_bytes(content)
    with pytest.raises(AudioError) as caught:
        read_facts(path)
    assert caught.value.code == code


def test_a_length_that_cannot_be_is_refused(music, tagged):
    path = tagged("a.m4a", 1.0)
    content = path.read_bytes()
    at = content.index(b"mvhd") + 4 + 12
    path.write_bytes(content[:at] + (1).to_bytes(4) + (2**32 - 1).to_bytes(4) + content[at + 8 :])
    with pytest.raises(AudioError, match=r"4\.29e\+09 s") as caught:
        read_facts(path)
    assert caught.value.code == "AUDIO_HEADER_MISMATCH"


@pytest.mark.parametrize("kind", ["W64", "RF64"])
def test_the_rarer_kinds_of_wav_have_a_length_too(music: Path, kind: str):
    path = music / "a.wav"
    soundfile.write(path, np.zeros(8000), 16000, format=kind)
    assert (read_facts(path).seconds, read_facts(path).sample_rate) == (0.5, 16000)


def test_decoding_finds_damage_that_a_header_does_not_tell(tagged: Callable[..., Path]):
    path = tagged("a.flac", 2.0)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x55
    path.write_bytes(content)
    assert read_facts(path).seconds == 2.0
    with pytest.raises(AudioError) as caught:
        read_facts(path, is_decoded=True)
    assert caught.value.code == "AUDIO_DAMAGED"


def test_decoding_tells_the_true_length_and_the_digest(tagged: Callable[..., Path]):
    path = tagged("a.mp3", 2.0, artist="someone")
    facts = read_facts(path, is_decoded=True)
    with soundfile.SoundFile(io.BytesIO(path.read_bytes())) as file:
        assert facts.seconds == file.frames / file.samplerate
    assert facts.sha256 == sha256(path.read_bytes()).hexdigest()
    assert facts.tags["artist"] == "someone"


@pytest.mark.parametrize("suffix", KINDS)
def test_a_damaged_header_is_refused_by_a_code_and_by_nothing_else(tagged, suffix):
    path = tagged(f"a{suffix}", 0.5, **SONG)
    content = path.read_bytes()
    chance = np.random.default_rng(sum(suffix.encode()))
    for _ in range(150):
        damaged = bytearray(content[: int(chance.integers(1, len(content)))])
        places = chance.integers(0, min(len(damaged), 400), 3)
        damaged[int(places[0])] ^= int(chance.integers(1, 256))
        damaged[int(places[1])] = 0xFF
        path.write_bytes(damaged)
        try:
            facts = read_facts(path)
        except AudioError as error:
            assert error.code.isupper()  # noqa: PT017 - any code will do, and no error too
        else:
            assert facts.seconds > 0
            assert all(text.isprintable() and len(text) <= 4096 for text in facts.tags.values())
