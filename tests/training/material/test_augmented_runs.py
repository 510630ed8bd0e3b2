"""What a run hears changed is changed as a whole, by its number alone, and only to learn from."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_runs import EXACT, TINY, assert_same, cut, figures, make_sounds, state_of, train

from whisperwave import modelfile, registry
from whisperwave.datasets.preparing import Job
from whisperwave.datasets.preparing import prepare as make
from whisperwave.datasets.recipe import Recipe, Source
from whisperwave.dsp.companding import mulaw_decode
from whisperwave.errors import ConfigError
from whisperwave.training.material.preparation import Prepared, prepare
from whisperwave.training.settings.hydra_app import compose
from whisperwave.training.settings.run import RunSettings
from whisperwave.training.tasks import next_sample

pytestmark = pytest.mark.train
STILL = ["data.style_noise=0", "data.control_noise=0", "data.control_dropout=0"]
VALUES = ["model.classes=0", "model.scalar_input=1", "model.logistics=2"]
FEW = ["augmentation=few_sounds"]
ALIKE = ["augmentation.gain.probability=1", "augmentation.gain.low_db=0"]  # 0 dB: nothing changes


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sounds(tmp_path_factory.mktemp("augmented") / "sounds")


def ready(folder: Path, *overrides: str) -> Prepared:
    composed = RunSettings.from_mapping(compose([*TINY, *STILL, *overrides]))
    return prepare(folder, composed)[1]


def drawn(prepared: Prepared, split: str = "train", count: int = 12) -> list[dict[str, np.ndarray]]:
    crops = prepared.crops(split, range(count), 0)
    return [crops[index] for index in range(count)]


def same(first: list[dict[str, np.ndarray]], second: list[dict[str, np.ndarray]]) -> bool:
    return all(
        one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)
        for one, other in zip(first, second, strict=True)
    )


@pytest.fixture(scope="module")
def whole(folder: Path) -> Path:
    train(folder, *EXACT, *FEW, "trainer.steps=6", "name=whole")
    return folder.parent / "runs" / "whole"


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_a_run_with_augmentation_that_was_cut_ends_with_the_same_bits(
    folder: Path, whole: Path, workers: int
) -> None:
    place = cut(whole, 2 + workers, f"cut-{workers}")
    words = ("trainer.steps=6", f"name=cut-{workers}", f"trainer.workers={workers}")
    train(folder, *EXACT, *FEW, *words)
    last = "checkpoints/step-0000006"
    assert_same(state_of(whole / last), state_of(place / last))
    uncut, resumed = (figures(run / "log.jsonl") for run in (whole, place))
    assert resumed == {key: value for key, value in uncut.items() if key[1] > 2 + workers}


def test_a_probability_of_0_gives_the_run_without(folder: Path) -> None:
    nothing = [f"augmentation.{name}.probability=0" for name in compose([])["augmentation"]]
    train(folder, *EXACT, "trainer.steps=2", "name=without")
    train(folder, *EXACT, "trainer.steps=2", "name=never", *FEW, *nothing)
    train(folder, *EXACT, "trainer.steps=2", "name=with", *FEW)
    last = [
        state_of(folder.parent / "runs" / name / "checkpoints/step-0000002")
        for name in ("without", "never", "with")
    ]
    assert_same(last[0], last[1])
    with pytest.raises(AssertionError):  # the control: the comparison would see a change
        assert_same(last[0], last[2])


def test_crops_to_which_nothing_happens_are_those_without(folder: Path) -> None:
    plain = drawn(ready(folder), count=60)
    rarely = drawn(ready(folder, "augmentation.polarity.probability=0.2"), count=60)
    alike = [same([one], [other]) for one, other in zip(plain, rarely, strict=True)]
    assert 0.6 < np.mean(alike) < 0.95


@pytest.mark.parametrize(
    "form", [[], VALUES, ["data.preemphasis=0.85"], ["data.prediction_order=8", *VALUES],
             ["data.style=classes", "model.conditioning_channels=2"]],
)  # fmt: skip
def test_a_change_that_changes_nothing_gives_the_crop_without(
    folder: Path, form: list[str]
) -> None:
    """So the stretch that is read, and where the crop lies in it, are right."""
    plain, changed = drawn(ready(folder, *form)), drawn(ready(folder, *form, *ALIKE))
    for one, other in zip(plain, changed, strict=True):
        for name in ("samples", "targets", "controls"):
            np.testing.assert_allclose(other[name], one[name], atol=1e-5, err_msg=name)


def test_pitches_followed_from_shortly_before_are_those_of_the_whole_sound(folder: Path) -> None:
    form = ["data.controls=pitch", "model.control_channels=3"]
    plain, changed = drawn(ready(folder, *form)), drawn(ready(folder, *form, *ALIKE))
    gaps = [
        np.abs(one["controls"] - other["controls"]).max()
        for one, other in zip(plain, changed, strict=True)
    ]
    assert np.mean(np.array(gaps) < 1e-4) >= 0.8  # in hiss, a path may end elsewhere


def test_the_outline_and_the_style_are_those_of_the_changed_sound(folder: Path) -> None:
    plain = drawn(ready(folder, *VALUES))
    softer = ["augmentation.gain.probability=1", "augmentation.gain.low_db=-12",
              "augmentation.gain.high_db=-12"]  # fmt: skip
    changed, alike = drawn(ready(folder, *VALUES, *softer)), drawn(ready(folder, *VALUES, *ALIKE))
    for one, other, as_loud in zip(plain, changed, alike, strict=True):
        np.testing.assert_allclose(other["samples"], 10.0 ** (-12 / 20) * one["samples"], atol=1e-5)
        loud = one["controls"] > -1.0  # above the floor
        fallen = (one["controls"] - other["controls"])[loud]
        np.testing.assert_allclose(fallen, 12.0 / 20.0, atol=0.01)
        assert np.abs(as_loud["style"] - other["style"]).max() > 0.005


def test_a_note_that_is_shifted_is_told_as_the_note_that_is_heard(folder: Path) -> None:
    form = ["data.controls=pitch", "model.control_channels=3", *VALUES]
    up = ["augmentation.pitch_shift.probability=1", "augmentation.pitch_shift.low_semitones=3",
          "augmentation.pitch_shift.high_semitones=3"]  # fmt: skip
    told = 0
    for one, other in zip(drawn(ready(folder, *form), count=24),
                          drawn(ready(folder, *form, *up), count=24), strict=True):  # fmt: skip
        if one["controls"][1].min() > 0.9:  # a tone
            gap = np.median(other["controls"][0] - one["controls"][0])
            assert 24.0 * gap == pytest.approx(3.0, abs=0.05)
            told += 1
    assert told > 4


@settings(max_examples=25, deadline=None)
@given(number=st.integers(0, 2**40), seed=st.integers(0, 2**31))
def test_targets_are_always_the_samples_one_later(folder: Path, number: int, seed: int) -> None:
    prepared = _prepared_once(folder)
    crop = prepared.crops("train", range(number, number + 1), seed)[0]
    context = prepared.signature.receptive_field - 1
    np.testing.assert_array_equal(crop["targets"][:-1], crop["samples"][context + 1 :])
    assert len(crop["samples"]) == context + 256
    assert crop["controls"].shape == (6, 1 + (context + 256) // 40)
    assert crop["style"].shape == (4,)


def test_where_a_click_lies_in_the_samples_it_lies_in_the_outline(tmp_path: Path) -> None:
    audio = 1e-4 * np.random.default_rng(0).standard_normal(32_000)
    audio[::4_000] = 0.9
    for number in range(2):
        soundfile.write(tmp_path / f"{number}.wav", audio, 16_000)
    words = [*VALUES, *FEW, "data.crop=4000", "augmentation.low_pass.probability=0",
             "augmentation.coloured_noise.probability=0"]  # fmt: skip
    found = 0
    for crop in drawn(ready(tmp_path, *words), count=30):
        place = int(np.abs(crop["samples"][:, 0]).argmax())
        if 800 < place < len(crop["samples"]) - 800:
            loud = crop["controls"].mean(axis=0)
            reached = np.flatnonzero(loud > loud.max() - 0.2)
            assert abs(float(np.mean(reached)) * 40 - place) < 60
            found += 1
    assert found > 15


_KEPT: dict[Path, Prepared] = {}


def _prepared_once(folder: Path) -> Prepared:
    if folder not in _KEPT:
        _KEPT[folder] = ready(folder, *FEW)
    return _KEPT[folder]


def test_held_out_sound_is_never_augmented(folder: Path) -> None:
    plain, changed = ready(folder), ready(folder, *FEW)
    assert same(drawn(plain, "validation"), drawn(changed, "validation"))
    assert not same(drawn(plain), drawn(changed))


def test_an_outline_of_the_input_alone_leaves_what_is_learnt_as_it_is(folder: Path) -> None:
    plain = drawn(ready(folder))
    dull = drawn(ready(folder, "augmentation=spectral_recovery",
                       "augmentation.low_pass.probability=1",
                       "augmentation.low_pass.high_hz=2100",
                       "augmentation.polarity.probability=0"))  # fmt: skip
    for one, other in zip(plain, dull, strict=True):
        np.testing.assert_array_equal(one["samples"], other["samples"])
        if one["controls"][-1].mean() > -1.0:  # hiss: it reaches up to the highest band
            assert other["controls"][-1].mean() < one["controls"][-1].mean() - 0.5


def test_a_sound_too_short_for_a_change_is_heard_as_it_is(folder: Path) -> None:
    """A crop of nearly a whole file leaves no room for one that runs faster."""
    long = "data.crop=15900"
    up = ["augmentation.pitch_shift.probability=1", "augmentation.pitch_shift.low_semitones=3"]
    plain, shifted = ready(folder, long), ready(folder, long, *up)
    assert same(drawn(plain), drawn(shifted))
    assert next_sample.describe(shifted)["too_short_to_change"] == 4
    assert "too_short_to_change" not in next_sample.describe(plain)


def test_two_channels_of_a_prepared_set_are_changed_together(tmp_path: Path) -> None:
    sounds = make_sounds(tmp_path / "sounds")
    for path in sounds.rglob("*.wav"):
        audio, rate = soundfile.read(path)
        soundfile.write(path, np.stack([audio, 0.5 * audio], axis=1), rate)
    recipe = Recipe((Source(str(sounds)),), channels=2, test=0.0)
    make(Job(recipe, tmp_path / "wide"))
    words = [*VALUES, *FEW, "model.channels=2", "augmentation.coloured_noise.probability=0"]
    crops, again = (drawn(ready(tmp_path / "wide", *words)) for _ in range(2))
    assert same(crops, again)
    assert not same(crops, drawn(ready(tmp_path / "wide", *VALUES, "model.channels=2")))
    for crop in crops:
        middle, side = crop["samples"].T  # of a channel and its half
        np.testing.assert_allclose(side, middle / 3.0, atol=1e-3)


def test_every_kind_is_named_in_the_group_and_can_be_set_alone(folder: Path) -> None:
    kinds = set(registry.names("datasets.augmentation")) - {"crop"}
    assert set(compose([])["augmentation"]) == kinds
    for group in ("gentle", "few_sounds", "spectral_recovery", "noise_removal"):
        names = list(compose([f"augmentation={group}"])["augmentation"])
        assert names == list(compose([])["augmentation"]), group  # in one order everywhere
    plain = drawn(ready(folder), count=2)
    for kind in sorted(kinds):
        crops = drawn(ready(folder, f"augmentation.{kind}.probability=1"), count=2)
        assert not same(crops, plain), kind


def test_the_settings_are_in_the_model_file(folder: Path) -> None:
    words = (*FEW, "trainer.steps=1", "name=told", "augmentation.gain.low_db=-9")
    path, lines = train(folder, *words)
    told = modelfile.read(path).provenance["settings"]["augmentation"]
    assert told["gain"] == {"probability": 0.5, "side": "both", "low_db": -9.0, "high_db": 0.0}
    (event,) = [line for line in lines if line["event"] == "prepared"]
    assert event["augmentation"]["pitch_shift"] == 0.6
    assert event["too_short_to_change"] == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["augmentation.gain.probability=1.5"], "OUT_OF_RANGE", "probability 1.5"),
        (["augmentation.gain.low_db=3"], "OUT_OF_RANGE", "high gain 0"),
        (["augmentation=loud"], "BAD_OVERRIDE", "loud"),
        (["augmentation.reverb.probability=1"], "BAD_OVERRIDE", "reverb"),
        (["+augmentation.reverb.probability=1"], "UNKNOWN_NAME", "no 'reverb'"),
        (["+augmentation.crop.samples=99"], "BAD_SETTINGS", "Leave it out.*data.crop=N"),
        (["augmentation.gain.side=output"], "BAD_SETTINGS", "augmentation.gain.side is 'output'"),
        (["augmentation.pitch_shift.side=input", "augmentation.pitch_shift.probability=1"],
         "BAD_SETTINGS", "side=input: one side would run faster.*side=both"),
        (["augmentation=spectral_recovery", "model.control_channels=0"],
         "BAD_SETTINGS", "augmentation.low_pass.side=input: .* told nothing"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_any_sound_is_read(
    words: list[str], code: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=said) as refusal:
        ready(Path("nowhere"), *words)
    assert refusal.value.code == code
    assert refusal.value.remedy


def test_a_text_is_not_augmented(tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text("abc " * 2_000)
    words = ("task=next_symbol", "model=wavenet/text", "trainer.steps=1")
    with pytest.raises(ConfigError, match=r"by gain, polarity.*augmentation=none"):
        train(tmp_path / "book.txt", *words, "model.conditioning_channels=0",
              "model.control_channels=0", "augmentation.gain.probability=1",
              "augmentation.polarity.probability=1")  # fmt: skip


def test_what_a_model_says_of_a_note_is_near_the_sound(folder: Path) -> None:
    """Classes, too, are those of the changed sound."""
    crop = drawn(ready(folder, "augmentation.polarity.probability=1"), count=1)[0]
    plain = drawn(ready(folder), count=1)[0]
    heard, was = (mulaw_decode(each["samples"], 64) for each in (crop, plain))
    np.testing.assert_allclose(heard, -was, atol=0.06)
