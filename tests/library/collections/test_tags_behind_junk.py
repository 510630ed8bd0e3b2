"""The tags of an MP3 that has something else before them; and junk that only looks like tags."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from whisperwave.errors import AudioError
from whisperwave.library import decode
from whisperwave.library.collections.facts import read_facts
from whisperwave.library.containers import mp3

SONG = {"title": "A Song", "artist": "Jón Þór", "genre": "Rock"}
MP3_RATE = 16_000


def junk(size: int, seed: int = 0) -> bytes:
    """Bytes by chance that neither begin nor end like anything."""
    return b"\x01" + np.random.default_rng([size, seed]).bytes(size - 2) + b"\x01"


@pytest.fixture
def song(tagged: Callable[..., Path]) -> Path:
    return tagged("song.mp3", 1.0, **SONG)


@pytest.mark.parametrize("is_decoded", [False, True])
@pytest.mark.parametrize("size", [2, 128, 417, 1000, 4096, 8000])
def test_tags_behind_junk_are_those_of_the_file_without(
    song: Path, size: int, is_decoded: bool
) -> None:
    clean = read_facts(song, is_decoded=is_decoded)
    for seed in range(5):
        content = song.read_bytes()
        song.write_bytes(junk(size, seed) + content)
        found = read_facts(song, is_decoded=is_decoded)
        song.write_bytes(content)
        assert found.tags == clean.tags
        assert found.tags["artist"] == "Jón Þór"
        assert found.kind == "MP3"
        assert found.seconds == pytest.approx(clean.seconds, abs=1e-6)
        assert found.sample_rate == MP3_RATE


def test_the_junk_is_noted_without_the_tag(song: Path) -> None:
    whole = decode(song)
    song.write_bytes(junk(1000) + song.read_bytes())
    audio = decode(song)
    assert audio.notes == ("JUNK_BEFORE: 1000 bytes before the sound.",)
    np.testing.assert_array_equal(audio.samples, whole.samples)


@pytest.mark.parametrize("size", [60_000, 300_000])
def test_a_large_picture_behind_junk_is_read_over(tagged: Callable[..., Path], size: int) -> None:
    """The first frame then lies farther away than is looked for one."""
    path = tagged("song.mp3", 1.0, title="A Song")
    content = path.read_bytes()
    at = mp3.skip_tags(content)
    body = b"\0image/png\0\x03\0" + np.random.default_rng(0).bytes(size)
    frames = content[10:at] + b"APIC" + _seven(len(body)) + bytes(2) + body
    path.write_bytes(junk(500) + content[:6] + _seven(len(frames)) + frames + content[at:])
    facts = read_facts(path)
    assert (facts.tags["title"], facts.sample_rate) == ("A Song", MP3_RATE)
    assert decode(path).notes == ("JUNK_BEFORE: 500 bytes before the sound.",)


def test_farther_away_a_tag_is_not_looked_for(song: Path) -> None:
    song.write_bytes(junk(9_000) + song.read_bytes())
    facts = read_facts(song)
    assert dict(facts.tags) == {}
    assert facts.seconds == pytest.approx(1.0, abs=0.12)


NOT_TAGS = {
    "three letters": b"ID3",
    "a version of later": b"ID3\x05\0\0\0\0\0\x20TIT2\0\0\0\x05\0\0\0Fake",
    "flags that there are not": b"ID3\x04\0\x01\0\0\0\x20TIT2\0\0\0\x05\0\0\0Fake",
    "a size of eight bits": b"ID3\x04\0\0\0\0\x80\x20TIT2\0\0\0\x05\0\0\0Fake",
    "no field": b"ID3\x04\0\0\0\0\0\x20tit2\0\0\0\x05\0\0\0Fake",
    "a field longer than the tag": b"ID3\x04\0\0\0\0\0\x20TIT2\0\0\0\x21\0\0\0Fake",
    "longer than what is before the sound": b"ID3\x04\0\0\0\0\x7f\x20TIT2\0\0\0\x05\0\0\0Fake",
}  # fmt: skip


@pytest.mark.parametrize("what", NOT_TAGS)
def test_what_only_looks_like_a_tag_is_passed_over(song: Path, what: str) -> None:
    """The true one comes behind it."""
    song.write_bytes(junk(300) + NOT_TAGS[what] + junk(200) + song.read_bytes())
    assert read_facts(song).tags["title"] == "A Song"
    assert decode(song).notes[0].startswith("JUNK_BEFORE")


def test_letters_in_the_sound_are_no_tag(tagged: Callable[..., Path], make_id3) -> None:
    """A whole tag in the middle of the sound is not what stands before it."""
    path = tagged("plain.mp3", 1.0)
    content = path.read_bytes()[mp3.skip_tags(path.read_bytes()) :]
    path.write_bytes(content[:3000] + make_id3({"title": "Not mine"}) + content[3000:])
    assert mp3.junk_before_tag(path.read_bytes()) == 0
    path.write_bytes(junk(99) + path.read_bytes())
    assert mp3.junk_before_tag(path.read_bytes()) == 0


def test_bytes_by_chance_are_never_taken_for_an_mp3(music: Path, make_id3) -> None:
    """Even with a well-formed tag among them: no sound follows it."""
    path = music / "chance.mp3"
    contents = [junk(600, seed) + make_id3(SONG) + junk(3000, seed) for seed in range(200)]
    soundless = [content for content in contents if mp3.begin(content, 0) is None]
    assert len(soundless) > 150  # a header at the very end is a file that is cut, maybe
    for content in soundless:
        path.write_bytes(content)
        for look in (read_facts, decode):
            with pytest.raises(AudioError) as refusal:
                look(path)
            assert refusal.value.code == "NOT_AUDIO"


def test_bytes_that_change_give_tags_or_a_code(song: Path) -> None:
    content = junk(700) + song.read_bytes()
    chance = np.random.default_rng(7)
    for _ in range(300):
        damaged = bytearray(content)
        for place in chance.integers(690, 790, 2):
            damaged[place] ^= int(chance.integers(1, 256))
        song.write_bytes(damaged)
        try:
            facts = read_facts(song)
        except AudioError as error:
            assert error.code.isupper()  # noqa: PT017 - any code will do, and no error too
        else:
            assert facts.seconds > 0
            assert all(text.isprintable() and len(text) <= 4096 for text in facts.tags.values())


def _seven(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def test_a_tag_behind_a_tag_stands_behind_no_junk():
    text = b"TIT2" + (20).to_bytes(4) + b"\0\0" + b"a" * 20
    tag = b"ID3\x03\0\0\0\0\0" + bytes([len(text)]) + text
    frame = bytes([0xFF, 0xFB, 0x90, 0x00]) + bytes(413)
    assert mp3.examine(tag + tag + 8 * frame).notes == ()
    (note,) = mp3.examine(b"junk" + tag + 8 * frame).notes
    assert note == "JUNK_BEFORE: 4 bytes before the sound."
