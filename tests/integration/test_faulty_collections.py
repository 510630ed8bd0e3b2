"""A collection in which every fault of table A is once, scanned, checked and prepared."""

import json
from pathlib import Path

import numpy as np
import pytest
from band.faults import FAULTS, Fault, Whole

from whisperwave.datasets import read_prepared
from whisperwave.datasets.preparing import Job, prepare
from whisperwave.datasets.recipe import Recipe, Source
from whisperwave.errors import AudioError
from whisperwave.library.collections import Scan, Wish, scan
from whisperwave.library.listing import read_listing

RATE = 44_100
TAGS = {"artist": "Somebody", "genre": "Folk", "date": "2000"}
EACH = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.row} {fault.name}")
# What a preparation takes that a scan does not want, and the other way round.
PREPARED_OTHERWISE = {
    "a blink.mp3": "", "junk in front.mp3": "", "extensible.wav": "", "silent.flac": "SILENT",
}  # fmt: skip
NOTES = {
    "out of a pipe.wav": "SIZE_UNKNOWN", "really flac.mp3": "EXT_MISMATCH",
    "really mp3.ogg": "EXT_MISMATCH", "eight times full scale.wav": "PEAK",
    "beside zero.wav": "DC", "junk behind.mp3": "JUNK_AFTER", "junk in front.mp3": "JUNK_BEFORE",
}  # fmt: skip

Codes = dict[str, str]


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The collection: no two of its files sound the same."""
    folder = tmp_path_factory.mktemp("faulty") / "music"
    folder.mkdir()
    for seed, fault in enumerate(FAULTS):
        audio = 0.1 * np.random.default_rng(seed).standard_normal((2, RATE))
        (folder / fault.name).write_bytes(fault.make(Whole(audio, RATE, TAGS)))
    return folder


def scanned(music: Path, *, is_decoded: bool) -> tuple[Codes, Path]:
    """The code of every skipped file, and the listing of the others."""
    listing = music.with_name(f"{is_decoded}.json")
    request = Scan(music, listing, Wish(least_seconds=0.1), is_decoded=is_decoded)
    scan(request)
    lines = map(json.loads, request.skipped.read_text().splitlines())
    return {line["path"]: line["code"] for line in lines}, listing


@pytest.fixture(scope="module")
def believed(music: Path) -> Codes:
    return scanned(music, is_decoded=False)[0]


@pytest.fixture(scope="module")
def checked(music: Path) -> Codes:
    return scanned(music, is_decoded=True)[0]


@pytest.fixture(scope="module")
def prepared(music: Path) -> tuple[Codes, dict[str, list[str]]]:
    """The code of every file that was left out, and the notes on the others."""
    folder = music.with_name("set")
    outcome = prepare(Job(Recipe((Source(str(music), class_from="none"),)), folder))
    refused = {one.name.removeprefix("music/"): one.error.code for one in outcome.left}
    items = read_prepared(folder).items()
    return refused, {item["name"].removeprefix("music/"): item["notes"] for item in items}


@EACH
def test_a_scan_gives_every_fault_its_code(fault: Fault, believed: Codes) -> None:
    assert believed.get(fault.name, "") == fault.scan


def test_a_scan_believes_no_length_that_the_file_cannot_have(music: Path, believed: Codes) -> None:
    assert believed
    items = read_listing(music.with_name("False.json")).items
    lengths = {item.path: item.seconds for item in items}
    for name in ("out of a pipe.wav", "adpcm.wav", "mu-law.wav", "really mp3.ogg"):
        assert abs(lengths[name] - 1.0) < 0.06


@EACH
def test_a_scan_that_decodes_finds_what_headers_do_not_tell(fault: Fault, checked: Codes) -> None:
    assert checked.get(fault.name, "") == fault.checked


@EACH
def test_a_preparation_takes_or_names_every_fault(fault: Fault, prepared) -> None:
    refused, taken = prepared
    code = PREPARED_OTHERWISE.get(fault.name, fault.checked)
    assert refused.get(fault.name, "") == code
    assert (fault.name in taken) == (not code)


@pytest.mark.parametrize("name", NOTES)
def test_what_is_no_fault_is_noted_in_the_set(name: str, prepared) -> None:
    _, taken = prepared
    assert NOTES[name] in [note.partition(":")[0] for note in taken[name]]


def test_a_listing_that_was_not_checked_prepares_what_a_checked_one_does(
    music: Path, checked: Codes, tmp_path: Path
) -> None:
    _, listing = scanned(music, is_decoded=False)
    prepare(Job(Recipe((Source(str(listing)),)), tmp_path / "set"))
    names = {item["name"].partition("/")[2] for item in read_prepared(tmp_path / "set").items()}
    good = {item.path for item in read_listing(music.with_name("True.json")).items}
    assert names == good - {"silent.flac"}


def test_a23_a_sound_of_gigabytes_is_named_and_not_read(tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    with (tmp_path / "music" / "huge.wav").open("wb") as file:  # sparse: it takes no room
        file.write(b"RF64" + b"\xff" * 4 + b"WAVE")
        file.truncate(5 * 2**30)
    for is_decoded in (False, True):
        assert scanned(tmp_path / "music", is_decoded=is_decoded)[0] == {
            "huge.wav": "AUDIO_TOO_LONG"
        }
    with pytest.raises(AudioError, match="1 AUDIO_TOO_LONG"):
        prepare(Job(Recipe((Source(str(tmp_path / "music")),)), tmp_path / "set"))
