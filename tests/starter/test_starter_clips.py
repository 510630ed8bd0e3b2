import hashlib
import json
from functools import cache

import numpy as np
import pytest
import soundfile
from foley import INSTRUMENTS, STYLES, catalogue, takes
from foley.mastering import loudness_lufs

from whisperwave import starter

CLIPS = json.loads((starter.FOLDER / "catalogue.json").read_text(encoding="utf-8"))["clips"]
ROWS = pytest.mark.parametrize("row", CLIPS, ids=lambda row: row["file"])


@cache
def audio_of(file):
    audio, rate = soundfile.read(starter.FOLDER / file, dtype="float32", always_2d=True)
    return audio.T, rate


def test_the_library_holds_four_clips_of_each_style_in_order():
    assert [row["style"] for row in CLIPS] == [style for style in STYLES for _ in range(4)]
    assert len({row["title"] for row in CLIPS}) == 104


def test_all_clips_together_stay_under_fourteen_megabytes():
    assert sum((starter.FOLDER / row["file"]).stat().st_size for row in CLIPS) <= 14_000_000


def test_no_clip_lies_beside_the_catalogue_unnamed():
    there = {path.relative_to(starter.FOLDER).as_posix() for path in starter.FOLDER.rglob("*.ogg")}
    assert there == {row["file"] for row in CLIPS}


@ROWS
def test_the_digest_is_the_files(row):
    data = (starter.FOLDER / row["file"]).read_bytes()
    assert hashlib.sha256(data).hexdigest() == row["sha256"]


@ROWS
def test_a_clip_is_stereo_vorbis_of_ten_to_twenty_seconds_as_its_row_says(row):
    info = soundfile.info(starter.FOLDER / row["file"])
    assert (info.format, info.subtype) == ("OGG", "VORBIS")
    assert (info.channels, row["channels"]) == (2, 2)
    assert info.samplerate == row["sample_rate"] >= 32000
    assert 10 <= row["seconds"] <= 20
    assert row["seconds"] == pytest.approx(info.frames / info.samplerate)


@ROWS
def test_a_clip_is_as_loud_as_the_others_and_far_from_clipping(row):
    audio, rate = audio_of(row["file"])
    assert loudness_lufs(audio, rate) == pytest.approx(-26, abs=0.6)
    assert 20 * np.log10(np.abs(audio).max()) < -3


@ROWS
def test_a_clip_begins_and_ends_without_a_click(row):
    audio, rate = audio_of(row["file"])
    ends = np.concatenate([audio[:, : rate // 1000], audio[:, -rate // 1000 :]], axis=1)
    assert np.abs(ends).max() < 0.01


@ROWS
def test_a_clip_sounds_from_beginning_to_end(row):
    audio, rate = audio_of(row["file"])
    whole = int(row["seconds"]) - 1  # the last one fades
    seconds = audio[:, : whole * rate].reshape(2, whole, rate)
    levels = 10 * np.log10(np.mean(seconds**2, axis=(0, 2)) + 1e-12)
    assert levels.min() > -60


@ROWS
def test_a_clip_has_its_licence_and_says_how_it_was_made(row):
    sampled = row["style"] in INSTRUMENTS
    assert row["licence"] == ("MIT (FluidR3 GM samples)" if sampled else "Apache-2.0")
    number = int(row["file"].rpartition("-")[2].removesuffix(".ogg"))
    assert row["title"] == takes.maker(row["style"]).VARIANTS[number - 1][0]
    assert row["provenance"] == catalogue.provenance(row["style"], number)
