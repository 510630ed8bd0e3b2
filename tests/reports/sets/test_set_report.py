"""What a report says of a set is what lies in it, and what was left out is said."""

import json

import numpy as np
import pytest
import soundfile

from whisperwave.datasets import read_prepared
from whisperwave.datasets.preparing import Job
from whisperwave.datasets.preparing import prepare as make
from whisperwave.datasets.recipe import Recipe, Source
from whisperwave.library.listing import Item, Listing, write_listing
from whisperwave.reports.sets import SetReport, is_of_sounds, report
from whisperwave.reports.sets.survey import spread
from whisperwave.reports.sets.words import note_name

RATE = 16_000


def tone(hz, level=0.25, seconds=2.0, rate=RATE):
    return level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


def write(path, audio, rate=RATE):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, audio, rate)


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    """Four of a low note, four of a high one and one of them too loud, one silent, one broken."""
    folder = tmp_path_factory.mktemp("report") / "sounds"
    for take in range(4):
        write(folder / "low" / f"{take}.wav", tone(110.0, 0.1 + 0.01 * take))
        loud = 1.5 if take == 3 else 0.5 + 0.01 * take
        write(
            folder / "high" / f"{take}.wav", np.clip(tone(880.0, loud, rate=44_100), -1, 1), 44_100
        )
    write(folder / "low" / "silent.wav", np.zeros(RATE))
    (folder / "high" / "broken.wav").write_bytes(b"RIFF and no more")
    return folder


@pytest.fixture(scope="module")
def prepared(sounds):
    recipe = Recipe((Source(str(sounds)),), name="notes", features=("f0", "loudness"),
                    validation=0.25, test=0.25)  # fmt: skip
    make(Job(recipe, sounds.parent / "set"))
    return sounds.parent / "set"


@pytest.fixture(scope="module")
def found(prepared) -> SetReport:
    return report(prepared)


def test_minutes_and_files_of_classes_and_splits_are_those_of_the_set(found, prepared):
    told, made = found.as_mapping(), read_prepared(prepared)
    assert set(told["classes"]) == {"low", "high"}
    for split in ("train", "validation", "test"):
        assert told["splits"][split]["minutes"] == pytest.approx(made.minutes(split), abs=1e-3)
        of_classes = [each[split] for each in told["classes"].values() if split in each]
        assert sum(each["files"] for each in of_classes) == told["splits"][split]["files"]
    assert told["files"] == made.manifest["items"] == 8
    assert told["facts"]["digest"] == made.digest


def test_the_rates_are_those_of_the_recordings(found):
    sources = found.as_mapping()["sources"]
    assert [(each["sample_rate"], each["files"]) for each in sources] == [(16_000, 4), (44_100, 4)]


def test_loudness_is_told_before_and_after_levelling(found, prepared):
    """A sine at 1 kHz of amplitude 0.1 has -23 LUFS; weighting takes a little at other pitches."""
    told = found.as_mapping()["loudness_lufs"]
    low = min(file.lufs for file in found.survey.files if file.group == "low")
    assert low == pytest.approx(-23.0 - 1.0, abs=0.7)
    kept = told["in the set"]
    assert (
        kept["95"] - kept["5"]
        < 3.0
        < told["before levelling"]["95"] - told["before levelling"]["5"]
    )


def test_only_notes_that_are_played_are_counted(found):
    counts = np.array(found.as_mapping()["pitch"]["frames_by_midi_note"]["train"])
    assert set(np.flatnonzero(counts > 0.01 * counts.sum())) == {45, 81}  # A2 and A5
    assert "from A2 to A5" in " ".join(found.sentences())
    assert [note_name(midi) for midi in (21, 60, 61, 81)] == ["A0", "C4", "C#4", "A5"]


def test_clipped_files_are_counted_and_named(found):
    told = found.as_mapping()["clipping"]
    assert told["files"] == 1
    (worst,) = told["worst"]
    assert worst["name"].endswith("high/3.wav")
    assert worst["samples_share"] == pytest.approx(2 * np.arccos(1 / 1.5) / np.pi, abs=0.02)
    assert told["samples_share"] == pytest.approx(worst["samples_share"] / 8, rel=0.01)


def test_the_spectrum_of_a_class_is_loudest_where_it_sounds(found):
    told = found.as_mapping()["spectra"]
    edges = np.array(told["edges_hz"])
    for name, hz in (("low", 110.0), ("high", 880.0)):
        levels = np.array([np.nan if v is None else v for v in told["levels_db"][name]])
        loudest = int(np.nanargmax(levels))
        assert edges[loudest - 1] <= hz <= edges[loudest + 2]
        assert np.isnan(levels[edges[1:] > 8_000.0]).all()
        assert np.nanmax(levels) == 0.0


def test_what_was_left_out_is_said_with_its_reason(found):
    told = found.as_mapping()["left_out"]
    assert told["counts"]["SILENT"] == 1
    assert sum(told["counts"].values()) == len(told["files"]) == 2
    assert "every sample is zero" in found.page().source()


def test_the_page_has_its_pictures_and_numbers(found, tmp_path):
    page = found.write(tmp_path / "page")
    names = {path.name for path in page.parent.iterdir()}
    assert names == {"index.html", "report.json", "classes.png", "loudness.png", "pitch.png",
                     "clipping.png", "spectra.png"}  # fmt: skip
    assert json.loads((page.parent / "report.json").read_text())["name"] == "notes"
    for heading in (
        "Classes",
        "Recordings",
        "Loudness",
        "Pitch",
        "Clipping",
        "Spectra",
        "Left out",
    ):
        assert f"<h2>{heading}</h2>" in page.read_text()


def test_a_plain_folder_is_told_of_as_it_was_recorded(sounds):
    told = report(sounds).as_mapping()
    assert told["files"] == 8
    assert told["splits"] == {"all": {"files": 8, "minutes": pytest.approx(16 / 60, abs=1e-3)}}
    assert told["left_out"]["counts"]["SILENT"] == 1
    assert set(told["loudness_lufs"]) == {"as recorded", "in the set"}
    assert told["loudness_lufs"]["in the set"] == {}
    counts = np.array(told["pitch"]["frames_by_midi_note"]["all"])
    assert set(np.flatnonzero(counts > 0.01 * counts.sum())) == {45, 81}


def test_a_listing_is_told_of_with_its_classes_and_its_beginnings(sounds, tmp_path):
    items = [
        Item(f"low/{take}.wav", 2.0, RATE, class_name="bass", first_seconds=1.0)
        for take in range(2)
    ]
    items.append(Item("high/0.wav", 2.0, 44_100, class_name="treble"))
    path = tmp_path / "listing.json"
    write_listing(path, Listing(sounds, tuple(items)))
    assert is_of_sounds(path)
    told = report(path).as_mapping()
    minutes = {name: each["all"]["minutes"] for name, each in told["classes"].items()}
    assert minutes == {"bass": 0.033, "treble": 0.033}
    (tmp_path / "other.json").write_text('{"step": 3}')
    assert not is_of_sounds(tmp_path / "other.json")


def test_a_set_without_pitch_is_followed_for_a_while(sounds, found):
    recipe = Recipe((Source(str(sounds)),), name="plain", test=0.0)
    make(Job(recipe, sounds.parent / "plain"))
    told = report(sounds.parent / "plain").as_mapping()["pitch"]
    assert told["by"] == "the first 5 s of 8 files"
    assert told["midi_range"] == found.as_mapping()["pitch"]["midi_range"]


def test_a_set_of_noise_has_no_note_and_says_so(tmp_path):
    rng = np.random.default_rng(0)
    for take in range(3):
        write(tmp_path / f"{take}.wav", 0.1 * rng.standard_normal(RATE))
    noise = report(tmp_path)
    assert "No note was found" in " ".join(noise.sentences()) or noise.survey.notes.share < 0.02
    assert "(no class)" in noise.as_mapping()["classes"]


def test_runs_and_texts_are_no_sounds(prepared, sounds, tmp_path):
    assert is_of_sounds(prepared)
    assert is_of_sounds(sounds)
    (tmp_path / "run" / "previews").mkdir(parents=True)
    write(tmp_path / "run" / "previews" / "step.wav", tone(440.0))
    (tmp_path / "run" / "log.jsonl").write_text("")
    assert not is_of_sounds(tmp_path / "run")
    assert not is_of_sounds(tmp_path / "run" / "log.jsonl")
    assert not is_of_sounds(tmp_path / "nowhere")


@pytest.mark.parametrize(("count", "wanted"), [(10, 3), (10, 10), (7, 20), (1000, 1), (5, 0)])
def test_what_is_listened_to_is_spread_evenly(count, wanted):
    chosen = np.flatnonzero(spread(count, wanted))
    assert len(chosen) == min(count, wanted)
    if len(chosen) > 2:
        assert np.ptp(np.diff(chosen)) <= 1


def test_a_long_set_is_listened_to_in_part_and_that_is_said(prepared, monkeypatch):
    monkeypatch.setattr("whisperwave.reports.sets.of_sets.HEARD_HOURS", 8.0 / 3600.0)
    part = report(prepared)
    assert part.as_mapping()["measured"] == 4
    assert "Measured on 4 of 8 files, evenly spread." in " ".join(part.sentences())
