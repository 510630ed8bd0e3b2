import errno
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from whisperwave.datasets.preparing import Job, prepare
from whisperwave.datasets.recipe import Recipe, Source
from whisperwave.errors import AudioError, ConfigError, LibraryError, OutputError
from whisperwave.library import durable
from whisperwave.library.display import shown
from whisperwave.library.listing import Item, Listing, write_items, write_listing
from whisperwave.workers import Processes

RATE = 16_000


def write(path: Path, seed: int, seconds: float = 0.5, rate: int = RATE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(round(seconds * rate)) / rate
    noise = 0.05 * np.random.default_rng(seed).standard_normal(len(time))
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * (200 + seed) * time) + noise, rate)
    return path


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """Two classes of six sounds, of two rates and kinds, and a file that is none."""
    folder = tmp_path / "sounds"
    for seed in range(12):
        name = f"{('hum', 'buzz')[seed % 2]}/{seed:02d}.{('wav', 'flac')[seed % 3 == 0]}"
        write(folder / name, seed, rate=(RATE, 22_050)[seed % 2])
    (folder / "hum" / "bad.wav").write_text("not a sound at all, only words")
    return folder


def job(sounds: Path, name: str = "set", **known: object) -> Job:
    recipe = {"name": "made", "sample_rate": RATE, **known}
    sources = recipe.pop("sources", (Source(str(sounds)),))
    return Job(Recipe(sources, **recipe), sounds.parent / name)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def names(prepared, split):
    return {excerpt.name for excerpt in prepared.of(split)}


def test_every_sound_is_in_the_set_and_what_is_none_is_named(sounds):
    outcome = prepare(job(sounds))
    assert outcome.counts == {"NOT_AUDIO": 1}
    assert outcome.failed == 1
    assert [each.name for each in outcome.prepared.refused] == ["sounds/hum/bad.wav"]
    assert len(outcome.prepared.excerpts) == 12
    assert len(names(outcome.prepared, "validation")) == len(names(outcome.prepared, "test")) == 2


def test_the_same_bytes_come_of_any_number_of_processes(sounds):
    features = ("f0", "loudness", "mfcc", "mel", "texture")
    one = prepare(job(sounds, features=features)).prepared.folder

    three = prepare(
        replace(job(sounds, "three", features=features), workers=Processes(3))
    ).prepared.folder
    assert contents(one) == contents(three)


def test_a_set_says_nothing_of_the_machine_it_was_made_on(sounds):
    folder = prepare(job(sounds)).prepared.folder
    assert not any(str(sounds).encode() in content for content in contents(folder).values())


def test_a_copy_under_another_name_is_in_the_same_split(sounds):
    for path in sorted(sounds.rglob("*.wav")):
        if path.name != "bad.wav":
            (sounds / "more").mkdir(exist_ok=True)
            (sounds / "more" / path.name).write_bytes(path.read_bytes())
    prepared = prepare(job(sounds)).prepared
    splits: dict[str, set[str]] = {}
    for item in prepared.items():
        splits.setdefault(item["sha256"], set()).update(e["split"] for e in item["excerpts"])
    assert len(splits) == 12
    assert all(len(where) == 1 for where in splits.values())


def test_the_same_sound_in_another_format_is_a_copy_too(sounds):
    for path in sorted(sounds.rglob("*.wav")):
        if path.name != "bad.wav":
            audio, rate = soundfile.read(path)
            soundfile.write(path.with_suffix(".aiff"), audio, rate)
    splits: dict[str, set[str]] = {}
    for item in prepare(job(sounds)).prepared.items():
        splits.setdefault(item["frames_sha256"], set()).add(item["excerpts"][0]["split"])
    assert len(splits) == 12
    assert all(len(where) == 1 for where in splits.values())


def test_speakers_are_kept_apart(sounds):
    for seed in range(100, 106):
        write(sounds / "drone" / f"{seed}.wav", seed)
    source = Source(str(sounds), speaker_from="top")
    prepared = prepare(job(sounds, sources=(source,), split_by="speaker")).prepared
    heard = [{e.group for e in prepared.of(s)} for s in ("train", "validation", "test")]
    assert sorted(len(groups) for groups in heard) == [1, 1, 1]
    assert len(set.union(*heard)) == 3


def test_files_without_a_speaker_cannot_be_split_by_speaker(sounds):
    with pytest.raises(ConfigError) as refusal:
        prepare(job(sounds, split_by="speaker"))
    assert refusal.value.code == "NO_SPEAKER"
    assert "12 of 12 files" in refusal.value.message


def test_in_time_each_file_trains_first_and_tests_last(sounds):
    prepared = prepare(job(sounds, split_by="span", validation=0.2, test=0.1)).prepared
    for item in prepared.items():
        assert [cut["split"] for cut in item["excerpts"]] == ["train", "validation", "test"]
        lengths = np.array([cut["frames"] for cut in item["excerpts"]])
        np.testing.assert_allclose(lengths / lengths.sum(), [0.7, 0.2, 0.1], atol=1e-3)


def test_cut_in_time_a_sound_may_not_be_there_in_two_forms(sounds):
    source = Source(str(sounds), name="whole")
    short = Source(str(sounds), name="short", first_seconds=0.2)
    outcome = prepare(job(sounds, sources=(source, short), split_by="span"))
    assert outcome.counts["DUPLICATE"] == 12
    assert outcome.failed == 2  # the file that is no sound, twice
    assert len(list(outcome.prepared.items())) == 12


def test_what_is_for_listening_is_whole_and_apart(sounds):
    source = Source(str(sounds), predict=("hum/0*.wav",))
    for split_by in ("file", "span"):
        made = job(sounds, split_by, sources=(source,), split_by=split_by, test=0.0)
        prepared = prepare(made).prepared
        asked = names(prepared, "predict")
        assert asked == {f"sounds/hum/{n:02d}.wav" for n in (2, 4, 8)}
        assert asked.isdisjoint(names(prepared, "train") | names(prepared, "validation"))


def test_sets_are_joined_each_with_its_own_options(sounds, tmp_path):
    for seed in range(20, 24):
        path = write(tmp_path / "voice" / f"{seed}.wav", seed)
        audio, rate = soundfile.read(path)
        soundfile.write(path, np.concatenate([np.zeros(rate), audio, np.zeros(rate)]), rate)
    sources = Source(str(sounds)), Source(str(tmp_path / "voice"), silence="trim")
    prepared = prepare(job(sounds, sources=sources)).prepared
    dropped = {item["name"]: item["dropped_seconds"] for item in prepared.items()}
    assert all((seconds > 1.5) == name.startswith("voice/") for name, seconds in dropped.items())


def test_a_listing_says_class_speaker_tags_and_how_much_is_meant(sounds, tmp_path):
    items = tuple(
        Item(p.relative_to(sounds).as_posix(), 0.5, RATE, class_name="calm", speaker=p.stem,
             tags={"year": f"{1990 + n}"}, first_seconds=0.25)
        for n, p in enumerate(sorted(sounds.rglob("*.flac")))
    )  # fmt: skip
    write_listing(tmp_path / "list.json", Listing(sounds, items))
    source = Source(str(tmp_path / "list.json"))
    prepared = prepare(job(sounds, sources=(source,), split_by="tag:year")).prepared
    assert {e.group for e in prepared.excerpts} == {"calm"}
    for item in prepared.items():
        assert item["tags"]["year"].startswith("199")
        assert item["excerpts"][0]["frames"] == RATE // 4


def test_a_listing_may_not_name_a_file_twice(sounds, tmp_path):
    item = Item(next(sounds.rglob("*.flac")).relative_to(sounds).as_posix(), 0.5, RATE)
    write_items(tmp_path / "list.json", sounds, (item, item))
    with pytest.raises(LibraryError, match="stands twice"):
        prepare(job(sounds, sources=(Source(str(tmp_path / "list.json")),)))


def test_the_order_is_that_of_names_folder_by_folder(tmp_path):
    names = ["a/z.wav", "a b/a.wav", "a.wav", "é.wav", "Z.wav", "a/b/c.wav", "a/b.wav"]
    for number, name in enumerate(names):
        write(tmp_path / "in" / name, number)
    prepared = prepare(job(tmp_path / "in")).prepared
    expected = sorted(tmp_path / "in" / name for name in names)
    assert [item["name"] for item in prepared.items()] == [
        f"in/{path.relative_to(tmp_path / 'in').as_posix()}" for path in expected
    ]


def test_only_features_that_are_new_are_computed_with_a_cache(sounds, tmp_path, monkeypatch):
    kept = {"cache": tmp_path / "cache"}
    prepare(replace(job(sounds), **kept))
    decoded: list[Path] = []

    def refuse(_content: bytes, path: Path, **_options: bool) -> None:
        decoded.append(path)
        raise AudioError("NOT_AUDIO", "a test decodes nothing")

    monkeypatch.setattr("whisperwave.datasets.taking.inspect_content", refuse)
    outcome = prepare(replace(job(sounds, "again", features=("loudness",)), **kept))
    assert [path.name for path in decoded] == ["bad.wav"]
    assert len(outcome.prepared.excerpts) == 12
    assert not list(tmp_path.glob(".*"))


def test_another_rate_is_not_taken_from_the_cache(sounds, tmp_path):
    kept = {"cache": tmp_path / "cache"}
    prepare(replace(job(sounds), **kept))
    slow = prepare(replace(job(sounds, "slow", sample_rate=8_000), **kept)).prepared
    assert slow.minutes("train") == pytest.approx(8 * 0.5 / 60, rel=1e-3)


def test_a_cache_that_was_damaged_is_noticed(sounds, tmp_path):
    kept = {"cache": tmp_path / "cache"}
    prepare(replace(job(sounds), **kept))
    damaged = next((tmp_path / "cache").rglob("*.pcm"))
    damaged.write_bytes(bytes(len(damaged.read_bytes())))
    with pytest.raises(AudioError) as refusal:
        prepare(replace(job(sounds, "again"), **kept))
    assert refusal.value.code == "CACHE_DAMAGED"
    assert not (tmp_path / "again").exists()


def test_killed_and_started_again_it_ends_with_the_same_bytes(sounds, tmp_path):
    whole = contents(prepare(job(sounds)).prepared.folder)
    words = ["prepare", str(sounds), "-o", str(tmp_path / "killed"), "--name", "made"]
    program = [sys.executable, "-m", "whisperwave", *words]
    child = subprocess.Popen([*program, "--workers", "2"], stderr=subprocess.DEVNULL)
    cache = tmp_path / ".killed.cache"
    while child.poll() is None and not list(cache.rglob("*.json")):
        time.sleep(0.01)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert not (tmp_path / "killed").exists()
    again = subprocess.run([*program, "--workers", "0"], capture_output=True)
    assert again.returncode == 3  # one file is no sound
    assert contents(tmp_path / "killed") == whole
    assert not cache.exists()


def test_what_a_kill_left_in_a_cache_that_stays_is_swept(sounds, tmp_path):
    kept = tmp_path / "cache"
    kept.mkdir()
    gone = subprocess.Popen(["true"])
    gone.wait()
    left = durable.temporary_name(kept / "ledger")
    orphan = left.with_suffix(f".{gone.pid}")
    orphan.write_bytes(b"what a killed run knew")
    prepare(replace(job(sounds), cache=kept))
    assert not [path for path in kept.iterdir() if path.is_file()]


def test_a_set_that_is_there_stays_unless_it_may_go(sounds):
    first = prepare(job(sounds)).prepared
    with pytest.raises(OutputError) as refusal:
        prepare(job(sounds))
    assert refusal.value.code == "EXISTS"
    assert prepare(replace(job(sounds), replace=True)).prepared.digest == first.digest


def test_a_folder_that_is_no_set_is_never_replaced(sounds):
    (sounds.parent / "set").mkdir()
    with pytest.raises(OutputError) as refusal:
        prepare(replace(job(sounds), replace=True))
    assert refusal.value.code == "EXISTS"


def test_where_nothing_can_be_read_it_is_said_why(tmp_path):
    (tmp_path / "sounds").mkdir()
    with pytest.raises(AudioError, match="holds no sound file"):
        prepare(job(tmp_path / "sounds"))
    (tmp_path / "sounds" / "a.wav").write_text("only words, no sound")
    with pytest.raises(AudioError, match="None of 1 files can be used: 1 NOT_AUDIO"):
        prepare(job(tmp_path / "sounds"))
    assert list(tmp_path.iterdir()) == [tmp_path / "sounds"]


def test_a_feature_that_there_is_none_of_is_refused_before_any_work(sounds):
    with pytest.raises(ConfigError, match="no feature 'pitch'"):
        prepare(job(sounds, features=("pitch",)))


def test_statistics_are_of_what_is_learnt_alone(sounds):
    statistics = prepare(job(sounds, features=("f0", "loudness"))).prepared.statistics
    assert 55.0 < statistics["pitch_midi"]["50"] < 57.0  # 200 to 211 Hz
    assert -30.0 < statistics["loudness_db"]["50"] < -20.0
    assert json.loads(json.dumps(statistics)) == statistics


@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, "DISK_FULL"), (errno.EROFS, "READ_ONLY")]
)
def test_b16_a_disk_that_cannot_be_written_is_no_fault_of_a_sound(
    sounds, monkeypatch, number, code
):
    def refused(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", refused)
        with pytest.raises(OutputError) as refusal:
            prepare(job(sounds))
    assert refusal.value.code == code
    assert not job(sounds).output.exists()
    assert prepare(job(sounds)).prepared.manifest["items"] == 12


def test_b16_a_place_for_work_that_cannot_be_made_is_explained(sounds, monkeypatch):
    honest = Path.mkdir

    def refused(path: Path, *arguments: object, **options: object) -> None:
        if ".cache" in str(path):
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        honest(path, *arguments, **options)

    monkeypatch.setattr(Path, "mkdir", refused)
    with pytest.raises(OutputError, match="READ_ONLY"):
        prepare(job(sounds))


def test_b1_b2_b3_awkward_names_are_prepared_and_shown_on_one_line(tmp_path):
    names = [
        "-leading.wav", "a\nb.wav", "quote'\".wav", "back\\slash.wav", "\u202egnp.wav",
        "e\u0301.wav", "\u00e9.wav", os.fsdecode(b"bad\xff.wav"), " space .wav", "x" * 251 + ".wav",
    ]  # fmt: skip
    for seed, name in enumerate(names):
        plain = write(tmp_path / "plain.wav", seed, 0.2)
        plain.parent.joinpath("sounds").mkdir(exist_ok=True)
        os.rename(plain, os.fsencode(tmp_path / "sounds" / name))  # noqa: PTH104
    prepared = prepare(job(tmp_path / "sounds")).prepared
    assert {item["name"] for item in prepared.items()} == {f"sounds/{shown(n)}" for n in names}


def test_b5_b6_b7_b10_what_is_no_file_of_the_folder_is_named_and_the_rest_is_taken(sounds):
    os.mkfifo(sounds / "hum" / "pipe.wav")
    (sounds / "hum" / "loop").symlink_to(sounds)
    (sounds / "hum" / "dead.wav").symlink_to("nowhere")
    outcome = prepare(job(sounds))
    codes = {each.name.rpartition("/")[2]: each.error.code for each in outcome.left}
    assert codes == {
        "bad.wav": "NOT_AUDIO", "pipe.wav": "NOT_A_FILE", "dead.wav": "NO_SUCH_FILE",
    }  # fmt: skip
    assert outcome.prepared.manifest["items"] == 12


def test_a_disk_that_is_full_while_files_are_noted_is_said_so(sounds, monkeypatch):
    connect = sqlite3.connect

    def small(*words, **options):
        database = connect(*words, **options)
        database.execute("PRAGMA max_page_count = 3")
        return database

    monkeypatch.setattr("whisperwave.datasets.ledger.sqlite3.connect", small)
    with pytest.raises(OutputError, match="DISK_FULL"):
        prepare(job(sounds))
    assert not (sounds.parent / ".set.cache").exists()
