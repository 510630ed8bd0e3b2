import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from whisperwave import modelfile
from whisperwave.datasets import read_sounds
from whisperwave.errors import AudioError, ConfigError, LibraryError
from whisperwave.generation.evaluation import StyleEvaluation, evaluate_style
from whisperwave.generation.evaluation.judges import Opinion, judges
from whisperwave.generation.evaluation.likelihood import likelihood
from whisperwave.generation.evaluation.memory import recall, training_material
from whisperwave.generation.evaluation.performers import shuffled_grains
from whisperwave.generation.evaluation.protocol import excerpt, subjects, subjects_of_set
from whisperwave.generation.evaluation.score import Verdict, score
from whisperwave.generation.instrument import ready
from whisperwave.library import open_library

RATE = 16_000
STYLES = ["hum", "hiss", "pulse"]


@pytest.fixture
def material(library):
    return subjects(library, RATE)


def test_two_clips_of_each_style_are_picked_and_two_held_out(material):
    assert [subject.style for subject in material] == STYLES
    assert [each.pick.number for each in material[1].picked] == [5, 6]
    assert [each.pick.number for each in material[1].held_out] == [7, 8]


def test_a_persons_own_clips_take_no_part(library, starter_folder, tmp_path, material):
    audio, rate = soundfile.read(starter_folder / "hum-1.wav")
    soundfile.write(tmp_path / "own.wav", audio * 0.5, rate)
    library.add(tmp_path / "own.wav", style="hum")
    again = subjects(library, RATE)
    assert [s.picked[0].pick for s in again] == [s.picked[0].pick for s in material]
    assert len(again) == len(material)


def test_a_library_without_starter_clips_is_refused(tmp_path):
    empty = tmp_path / "nothing"
    empty.mkdir()
    with open_library(tmp_path / "bare", empty) as bare, pytest.raises(LibraryError) as caught:
        subjects(bare, RATE)
    assert caught.value.code == "NO_STARTER_CLIPS"


def test_an_excerpt_is_the_middle_at_one_level():
    rng = np.random.default_rng(0)
    for level in (0.01, 1.0):
        cut = excerpt((level * rng.standard_normal(3 * RATE)).astype(np.float32), RATE, 1.0)
        assert len(cut) == RATE
        assert np.std(cut) == pytest.approx(0.1, rel=0.02)


def test_all_judges_know_real_clips_of_every_kind(material):
    for judge in judges(material, RATE).values():
        for subject in material:
            for each in subject.picked:
                opinion = judge(each.audio)
                assert opinion.nearest == subject.style
                assert set(opinion.distances) == set(STYLES)
                assert opinion.distances[subject.style] == min(opinion.distances.values())


def test_a_held_out_clip_is_at_no_distance_from_itself(material):
    for judge in judges(material, RATE).values():
        clip = material[0].held_out[0]
        assert judge(clip.audio).distances["hum"] == pytest.approx(0.0, abs=0.05)


def test_a_score_counts_what_is_right_by_style():
    near, far = Opinion("a", {"a": 1.0, "b": 2.0}), Opinion("b", {"a": 2.0, "b": 1.0})
    found = score([Verdict("a", 1, near), Verdict("a", 2, far), Verdict("b", 1, far)])
    assert found["top1"] == pytest.approx(2 / 3)
    assert found["per_style"] == {"a": 0.5, "b": 1.0}
    assert found["top1_interval"][0] < 2 / 3 < found["top1_interval"][1]
    assert found["verdicts"][1] == {
        "style": "a", "seed": 2, "nearest": "b",
        "distance_to_own": 2.0, "distance_to_nearest": 1.0,
    }  # fmt: skip


@pytest.mark.parametrize("style", STYLES)
def test_shuffled_grains_are_the_same_kind_of_sound(material, style):
    subject = next(each for each in material if each.style == style)
    grains = shuffled_grains([each.audio for each in subject.picked], 2 * RATE, RATE, seed=1)
    assert len(grains) == 2 * RATE
    assert judges(material, RATE)["log_mel"](grains).nearest == style


def test_shuffled_grains_overlap_to_an_even_level():
    steady = [np.ones(3 * RATE, np.float32)]
    assert shuffled_grains(steady, RATE, RATE, seed=3).min() > 0.2


def test_shuffled_grains_follow_their_seed():
    rng = np.random.default_rng(0)
    clips = [rng.standard_normal(RATE).astype(np.float32)]
    first, again, other = (shuffled_grains(clips, RATE, RATE, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_bits_are_counted_for_the_model_another_style_and_the_five_gram(material, model_path):
    found = likelihood(ready(model_path), material, 0.2)
    assert set(found["per_style"]) == set(STYLES)
    for name in ("model", "style_shuffled", "five_gram", "outlined"):
        assert found[name] == pytest.approx(np.mean([r[name] for r in found["per_style"].values()]))
    assert found["model"] > 7.0  # random weights foretell nothing
    assert found["model"] != found["style_shuffled"]
    assert found["per_style"]["hum"]["five_gram"] < found["per_style"]["hiss"]["five_gram"]


def test_a_copy_of_the_training_material_is_found_and_noise_is_not(tmp_path):
    rng = np.random.default_rng(0)
    trained = 0.1 * rng.standard_normal(4 * RATE)
    (tmp_path / "hiss").mkdir()
    soundfile.write(tmp_path / "hiss" / "one.wav", trained, RATE, subtype="FLOAT")
    heard = training_material(tmp_path, "hiss", RATE)
    copy = trained[5_000 : 5_000 + RATE].astype(np.float32)
    assert recall([copy], heard, RATE) == pytest.approx(1.0, abs=1e-3)
    assert recall([rng.standard_normal(RATE).astype(np.float32)], heard, RATE) < 0.2


def test_a_training_folder_without_the_style_is_refused(tmp_path):
    with pytest.raises(AudioError, match="hiss"):
        training_material(tmp_path, "hiss", RATE)


def test_the_whole_result_is_json_with_its_clips_and_seeds(library, model_path, starter_folder,
                                                           tmp_path):  # fmt: skip
    for style in STYLES:
        (tmp_path / "training" / style).mkdir(parents=True)
        data = (starter_folder / f"{style}-2.wav").read_bytes()
        (tmp_path / "training" / style / "one.wav").write_bytes(data)
    steps = []
    request = StyleEvaluation(
        str(model_path), (1,), training=tmp_path / "training", seconds=1.0, scored_seconds=0.2
    )
    found = evaluate_style(request, library, lambda *step: steps.append(step))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    names = ["model", "not_held", "noise", "style_only", "prime_only", "granular", "real"]
    assert list(found["performers"]) == names
    assert found["performers"]["real"]["texture"]["top1"] == 1.0
    assert found["performers"]["real"]["log_mel"]["top1"] == 1.0
    assert found["top1"] == found["performers"]["model"]["texture"]["top1"]
    assert set(found["per_style"]) == set(STYLES)
    assert found["protocol"]["seeds"] == [1]
    assert found["protocol"]["held_out"]["hum"] == [3, 4]
    assert 0.0 < found["largest_correlation"]["held_out"] <= 1.0 + 1e-6
    assert steps == [(1, 3), (2, 3), (3, 3)]


def test_a_model_of_excitations_performs_beside_noise_in_its_place(library, excitation_path):
    request = StyleEvaluation(str(excitation_path), (1,), seconds=1.0, scored_seconds=0.2)
    found = evaluate_style(request, library)
    assert list(found["performers"]) == ["model", "not_held", "noise", "granular", "real"]
    # The filters alone tell a hum from noise and pulses, whatever excites them.
    for name in ("model", "noise"):
        assert found["performers"][name]["log_mel"]["per_style"]["hum"] == 1.0
    assert found["bits_per_sample"]["one_gram"] < 8.0


def test_without_a_training_folder_the_correlation_is_left_out(library, model_path):
    request = StyleEvaluation(str(model_path), seeds=(1,), seconds=0.5, scored_seconds=0.1)
    assert evaluate_style(request, library)["largest_correlation"] is None


@pytest.fixture
def kinds(starter_folder, tmp_path):
    """A folder of sounds: two classes that are in no library, by other names."""
    for style, name in (("hiss", "snow"), ("pulse", "knocks")):
        (tmp_path / "kinds" / name).mkdir(parents=True)
        for take in (1, 2, 3, 4):
            source = starter_folder / f"{style}-{take}.wav"
            shutil.copy(source, tmp_path / "kinds" / name / f"{take}.wav")
    return tmp_path / "kinds"


@pytest.fixture
def kinds_model(class_path, tmp_path):
    file = modelfile.read(class_path)
    named = replace(file, features={"style": {"classes": ["knocks", "snow", "third"]}})
    modelfile.write(tmp_path / "kinds.safetensors", named)
    return str(tmp_path / "kinds.safetensors")


def test_classes_of_a_data_set_are_judged_by_what_was_kept_aside(kinds, kinds_model, library):
    request = StyleEvaluation(kinds_model, (1,), seconds=1.0, scored_seconds=0.2, data=kinds)
    result = evaluate_style(request, library)
    assert set(result["per_style"]) == {"snow", "knocks"}
    assert result["performers"]["real"]["texture"]["top1"] == 1.0
    picked, kept = result["protocol"]["picked"], result["protocol"]["held_out"]
    for style in ("snow", "knocks"):
        assert len(picked[style]) == 2
        assert kept[style]
        assert not set(picked[style]) & set(kept[style])
    json.dumps(result, allow_nan=False)


def test_a_model_of_its_own_classes_asks_for_sounds_of_them(kinds_model, library):
    with pytest.raises(ConfigError, match="knocks, snow, third") as refusal:
        evaluate_style(StyleEvaluation(kinds_model, (1,)), library)
    assert refusal.value.code == "DATA_NEEDED"
    assert "--data" in refusal.value.remedy


def test_a_set_of_one_class_has_nothing_to_be_told_from(kinds):
    shutil.rmtree(kinds / "snow")
    with pytest.raises(ConfigError, match="1 classes"):
        subjects_of_set(read_sounds(kinds, RATE, 0.3, 0, None))
