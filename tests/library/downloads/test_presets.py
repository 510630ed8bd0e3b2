"""From a download of a public set to a set that can be trained on, by the commands alone."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from whisperwave.cli import main
from whisperwave.datasets import PreparedSet, read_prepared

RATE = 16_000
SINGERS = ("female1", "female2", "male1", "male11")
READERS = ("p225", "p226", "p227", "s5")
PEOPLE = ("ADIZ", "JLEE", "KENN", "MCUR")


def phrases(seed: int, suffix: str) -> bytes:
    """A tone, a pause of more than half a second, and the tone again; another for each seed."""
    time = np.arange(RATE // 2) / RATE
    tone = 0.3 * np.sin(2.0 * np.pi * (150.0 + seed) * time)
    buffer = io.BytesIO()
    audio = np.concatenate([tone, np.zeros(RATE * 6 // 10), tone])
    soundfile.write(buffer, audio, RATE, format=suffix[1:].upper())
    return buffer.getvalue()


LAYOUTS = {
    "nus48e": [f"nus-smc-corpus_48/{who}/{how}/01.wav"
               for who in PEOPLE for how in ("sing", "read")],
    "vocalset": [f"FULL/{who}/arpeggios/{how}/{who[0]}_arpeggios_{how}_a.wav"
                 for who in SINGERS for how in ("belt", "vibrato")],
    "vctk": [f"wav48_silence_trimmed/{who}/{who}_{sentence:03}_mic{microphone}.flac"
             for who in READERS for sentence in (1, 2) for microphone in (1, 2)],
}  # fmt: skip
COUNTS = {"nus48e": 8, "vocalset": 8, "vctk": 8}  # of VCTK one microphone


@pytest.fixture
def downloaded(tmp_path: Path) -> Path:
    """All three sets, of unpacked archives of their layout, in a folder of their names."""
    for place, (name, paths) in enumerate(LAYOUTS.items()):
        for seed, path in enumerate(paths):
            file = tmp_path / "unpacked" / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(phrases(100 * place + seed, file.suffix))
        words = ["--from", str(tmp_path / "unpacked" / name), "--to", str(tmp_path / "sets" / name)]
        assert main(["library", "download", name, *words, "--accept-licence"]) == 0
    return tmp_path / "sets"


def prepared(output: Path, *words: str) -> PreparedSet:
    assert main(["prepare", *words, "-o", str(output), "--workers", "0"]) == 0
    return read_prepared(output, verify=True)


def speakers(made: PreparedSet, split: str) -> set[str]:
    return {
        item["speaker"]
        for item in made.items()
        if any(excerpt["split"] == split for excerpt in item["excerpts"])
    }


@pytest.mark.parametrize(
    ("preset", "name", "people", "parts"),
    [("nus", "nus48e", PEOPLE, 2), ("vocalset", "vocalset", SINGERS, 2),
     ("vctk", "vctk", READERS, 1)],
)  # fmt: skip
def test_a_downloaded_set_is_prepared_by_the_preset_of_its_name(
    downloaded, tmp_path, preset, name, people, parts
):
    made = prepared(tmp_path / "made", str(downloaded / name), "--preset", preset)
    items = list(made.items())
    assert len(items) == COUNTS[name]
    assert {item["name"].split("/")[0] for item in items} == {name}
    assert {len(item["excerpts"]) for item in items} == {parts}  # cut at the pause, or not
    heard = [speakers(made, split) for split in ("train", "validation", "test")]
    assert sorted(map(len, heard)) == [1, 1, 2]
    assert set.union(*heard) == set(people)
    assert (made.sample_rate, set(made.manifest["features"])) == (44_100, {"f0", "loudness"})


@pytest.mark.parametrize("is_named", [True, False])
def test_all_three_are_joined_from_their_folders_or_from_the_one_that_holds_them(
    downloaded, tmp_path, is_named
):
    folders = [downloaded / name for name in LAYOUTS] if is_named else [downloaded]
    words = [*map(str, folders), "--preset", "nus_vocalset_vctk"]
    made = prepared(tmp_path / "made", *words)
    assert made.manifest["items"] == sum(COUNTS.values())
    heard = [speakers(made, split) for split in ("train", "validation", "test")]
    assert set.union(*heard) == {*PEOPLE, *SINGERS, *READERS}
    assert sum(map(len, heard)) == 12


def test_a_listing_of_somebody_else_makes_no_folder_a_set(downloaded, tmp_path):
    sounds = downloaded / "vocalset" / "sounds"
    (sounds / "listing.json").write_text(json.dumps({"format": "other", "items": []}))
    made = prepared(tmp_path / "made", str(sounds), "--test", "0")
    assert made.manifest["items"] == COUNTS["vocalset"]
