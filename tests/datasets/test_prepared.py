import json

import numpy as np
import pytest
import soundfile

from whisperwave.datasets import is_prepared, read_prepared
from whisperwave.datasets.levelling import FULL_SCALE
from whisperwave.datasets.preparing import Job, prepare
from whisperwave.datasets.recipe import Recipe, Source
from whisperwave.dsp.features.loudness import extractor
from whisperwave.errors import AudioError

RATE = 8_000


@pytest.fixture
def made(tmp_path):
    """A set of eight short sounds in two channels, with loudness and windows of 0.2 s."""
    chance = np.random.default_rng(0)
    for number in range(8):
        (tmp_path / "sounds").mkdir(exist_ok=True)
        noise = 0.1 * chance.standard_normal((RATE // 2 + 100 * number, 2))
        soundfile.write(tmp_path / "sounds" / f"{number}.wav", noise, RATE)
    recipe = Recipe(
        (Source(str(tmp_path / "sounds")),), sample_rate=RATE, channels=2, features=("loudness",),
        segment_seconds=0.2, hop_seconds=0.1,
    )  # fmt: skip
    return prepare(Job(recipe, tmp_path / "set")).prepared


def changed(made, **values):
    manifest = json.loads((made.folder / "manifest.json").read_text())
    (made.folder / "manifest.json").write_text(json.dumps(manifest | values))


def test_excerpts_are_the_files_in_their_order(made):
    assert [e.name for e in made.excerpts] == [f"sounds/{n}.wav" for n in range(8)]
    assert [e.stop - e.start for e in made.excerpts] == [RATE // 2 + 100 * n for n in range(8)]


def test_frames_are_mapped_from_the_disk_and_audio_is_channels_first(made):
    excerpt = made.excerpts[3]
    frames = made.frames(excerpt)
    assert isinstance(frames, np.memmap)
    assert frames.dtype == np.int16
    np.testing.assert_allclose(made.audio(excerpt), frames.T / FULL_SCALE, atol=1e-7)


def test_a_feature_is_what_its_extractor_makes_of_the_stored_sound(made):
    for excerpt in made.excerpts:
        wanted = extractor(RATE, 80)(made.audio(excerpt).mean(axis=0))
        np.testing.assert_allclose(made.feature("loudness", excerpt), wanted.T, atol=1e-4)


def test_windows_lie_inside_one_excerpt_and_reach_its_end(made):
    windows = list(made.windows("train"))
    assert all(w.stop - w.start == RATE // 5 for w in windows)
    assert all(w.excerpt.start <= w.start < w.stop <= w.excerpt.stop for w in windows)
    assert {w.stop for w in windows} >= {e.stop for e in made.of("train")}
    assert len(windows) > 3 * len(made.of("train"))


def test_a_set_of_several_shards_is_one(made, monkeypatch):
    monkeypatch.setattr("whisperwave.datasets.shards.SHARD_BYTES", 40_000)
    folder = made.folder.with_name("many")
    recipe = Recipe((Source(str(folder.parent / "sounds")),), sample_rate=RATE, channels=2)
    many = prepare(Job(recipe, folder)).prepared
    assert len(many.manifest["shards"]) > 2
    for one, other in zip(made.excerpts, many.excerpts, strict=True):
        assert one == other
        np.testing.assert_array_equal(made.frames(one), many.frames(other))


def test_what_is_there_is_verified_to_the_last_byte(made):
    assert read_prepared(made.folder, verify=True).digest == made.digest
    for path in sorted(made.folder.glob("[!m]*")):
        data = path.read_bytes()
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]) if data else b"x")
        with pytest.raises(AudioError) as refusal:
            read_prepared(made.folder, verify=True)
        assert refusal.value.code == "SET_DAMAGED"
        path.write_bytes(data)


def test_a_file_that_was_cut_or_lost_is_found_without_reading_it(made):
    shard = made.folder / "shard-0000.npy"
    shard.write_bytes(shard.read_bytes()[:-2])
    with pytest.raises(AudioError) as refusal:
        read_prepared(made.folder)
    assert refusal.value.code == "SET_DAMAGED"
    shard.unlink()
    with pytest.raises(AudioError) as refusal:
        read_prepared(made.folder)
    assert refusal.value.code == "NO_SET"


@pytest.mark.parametrize(
    ("values", "code"),
    [({"items": 9}, "SET_DAMAGED"), ({"form": 2}, "SET_NEWER"), ({"format": "x"}, "SET_DAMAGED"),
     ({"form": True}, "SET_NEWER"), ({"files": None}, "SET_DAMAGED")],
)  # fmt: skip
def test_a_manifest_that_was_changed_is_refused(made, values, code):
    changed(made, **values)
    with pytest.raises(AudioError) as refusal:
        read_prepared(made.folder)
    assert refusal.value.code == code


def test_a_folder_of_sounds_is_no_set(made):
    assert is_prepared(made.folder)
    assert not is_prepared(made.folder.parent / "sounds")
    with pytest.raises(AudioError) as refusal:
        read_prepared(made.folder.parent / "sounds")
    assert refusal.value.code == "NO_SET"
