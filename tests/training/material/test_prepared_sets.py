import pickle
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tiny_runs import TINY, make_sounds, train

from whisperwave import modelfile
from whisperwave.datasets import read_prepared
from whisperwave.datasets.preparing import Job
from whisperwave.datasets.preparing import prepare as make
from whisperwave.datasets.recipe import Recipe, Source
from whisperwave.dsp.features.mel import mel_controls
from whisperwave.errors import ConfigError
from whisperwave.training.material.preparation import prepare
from whisperwave.training.settings.hydra_app import compose
from whisperwave.training.settings.run import RunSettings

pytestmark = pytest.mark.train
FORMS = [(), ("data.preemphasis=0.85",), ("data.prediction_order=8",),
         ("model.classes=0", "model.scalar_input=1", "model.logistics=2")]  # fmt: skip


def prepared_set(folder: Path, name: str = "set", **known: object) -> Path:
    sounds = make_sounds(folder / "sounds")
    recipe = Recipe((Source(str(sounds)),), name=name, **{"test": 0.0, **known})
    make(Job(recipe, folder / name))
    return folder / name


def ready(folder: Path, *overrides: str):
    settings = RunSettings.from_mapping(compose([*TINY, *overrides]))
    return prepare(folder, settings)[1]


@pytest.mark.parametrize("form", FORMS)
def test_samples_of_a_set_are_those_of_whole_excerpts_wherever_they_are_cut(tmp_path, form):
    heard = ready(prepared_set(tmp_path), *form)
    for excerpt in heard.sounds.excerpts[::3]:
        whole = np.asarray(heard.samples[excerpt][:])
        assert len(whole) == excerpt.stop - excerpt.start
        for start, stop in ((0, 300), (1, 2), (7_777, 9_000), (15_900, 16_000)):
            np.testing.assert_allclose(
                heard.samples[excerpt][start:stop], whole[start:stop], atol=1e-6
            )


def test_outlines_of_a_set_are_those_of_whole_excerpts_wherever_they_are_cut(tmp_path):
    heard = ready(prepared_set(tmp_path))
    for excerpt in heard.sounds.excerpts[::3]:
        whole = mel_controls(heard.sounds.audio(excerpt), 16_000, 6, 40)
        for first, stop in ((0, 9), (30, 40), (200, 207), (390, 401)):
            cut = heard.outlines.frames(excerpt, first, stop)
            np.testing.assert_allclose(cut, whole[:, first:stop], atol=1e-5)


def test_a_crop_of_a_set_is_the_crop_of_its_sounds_in_memory(tmp_path):
    """The set is made of the same files, levelled in the same way, and so is every sample of it."""
    heard = ready(prepared_set(tmp_path))
    excerpts = {e.name.removeprefix("sounds/"): e for e in heard.sounds.excerpts}
    read = ready(tmp_path / "sounds")
    assert len(excerpts) == len(read.sounds.excerpts) == 6
    for excerpt in read.sounds.excerpts:
        of_set = heard.samples[excerpts[excerpt.name]]
        np.testing.assert_array_equal(of_set[500:900], read.samples[excerpt][500:900])


def test_a_run_on_a_set_learns_and_its_model_names_the_set(tmp_path):
    folder = prepared_set(tmp_path, version="7", features=("f0", "loudness"))
    path, lines = train(folder, "trainer.steps=20", "name=of-set")
    made = read_prepared(folder)
    file = modelfile.read(path)
    assert file.provenance["data"] == {"name": "set", "version": "7", "digest": made.digest}
    assert file.statistics["pitch_midi"] == made.statistics["pitch_midi"]
    bits = [line["validation_bits"] for line in lines if line["event"] == "validation"]
    assert np.isfinite(bits).all()


def test_the_splits_of_a_set_are_those_that_a_run_hears(tmp_path):
    folder = prepared_set(tmp_path, split_by="span", validation=0.2, test=0.2)
    heard = ready(folder)
    for split in ("train", "validation", "test"):
        crops = heard.crops(split, range(40), 0)
        audio = [np.asarray(heard.samples[e][:]) for e in heard.sounds.of(split)]
        for index in range(0, 40, 10):
            crop = crops[index]["samples"]
            assert any(_lies_in(crop, whole) for whole in audio)


def _lies_in(crop, whole):
    windows = np.lib.stride_tricks.sliding_window_view(whole, len(crop))
    return (windows == crop).all(axis=1).any()


def test_textures_of_a_set_are_read_where_it_has_them(tmp_path, monkeypatch):
    folder = prepared_set(tmp_path, features=("texture",))
    taken = ready(prepared_set(tmp_path, "without"), "data.style_seconds=8.0")
    monkeypatch.setattr("whisperwave.datasets.sounds.texture_excerpts", None)
    read = ready(folder, "data.style_seconds=8.0")
    for one, other in zip(read.sounds.excerpts, taken.sounds.excerpts, strict=True):
        np.testing.assert_allclose(read.styles.vectors[one], taken.styles.vectors[other], atol=1e-3)


def test_a_set_of_another_rate_says_which_setting_to_change(tmp_path):
    folder = prepared_set(tmp_path, sample_rate=8_000)
    with pytest.raises(ConfigError, match=r"data\.sample_rate=16000") as refusal:
        ready(folder)
    assert refusal.value.remedy.startswith("Use data.sample_rate=8000")


def test_two_channels_are_learnt_as_two_or_heard_as_their_mean(tmp_path):
    for path in make_sounds(tmp_path / "sounds").rglob("*.wav"):
        audio, rate = soundfile.read(path)
        soundfile.write(path, np.stack([audio, 0.5 * audio[::-1]], axis=1), rate)
    recipe = Recipe((Source(str(tmp_path / "sounds")),), channels=2, test=0.0)
    make(Job(recipe, tmp_path / "wide"))
    values = *FORMS[3], "data.prediction_order=0"
    both = ready(tmp_path / "wide", *values, "model.channels=2")
    mean = ready(tmp_path / "wide", *values)
    excerpt = both.sounds.excerpts[0]
    middle_side = both.samples[excerpt][100:400]
    assert middle_side.shape == (300, 2)
    left, right = both.sounds.part(excerpt, 100, 400)
    np.testing.assert_allclose(middle_side[:, 0], mean.samples[excerpt][100:400][:, 0], atol=1e-6)
    np.testing.assert_allclose(middle_side[:, 1], 0.5 * (left - right), atol=1e-6)


def test_a_set_in_another_process_maps_its_files_anew(tmp_path):
    made = read_prepared(prepared_set(tmp_path))
    made.audio(made.excerpts[0])
    copy = pickle.dumps(made)
    assert len(copy) < 20_000
    np.testing.assert_array_equal(
        pickle.loads(copy).audio(made.excerpts[1]), made.audio(made.excerpts[1])
    )
