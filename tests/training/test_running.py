import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_runs import make_sounds, train

from whisperwave import modelfile, runtimes
from whisperwave._engine import AllPole
from whisperwave.datasets.sounds import Split, read_sounds
from whisperwave.dsp.companding import mulaw_decode, mulaw_encode
from whisperwave.dsp.emphasis import emphasise
from whisperwave.dsp.features.mel import mel_controls
from whisperwave.dsp.prediction import autocorrelation, predictors
from whisperwave.errors import ConfigError, TrainingError
from whisperwave.modelfile import limits
from whisperwave.modelfile.layouts import wavenet
from whisperwave.shapes import Port, Signature
from whisperwave.training.material.coding import encode
from whisperwave.training.material.crops import Corpus, Crops, CropShape
from whisperwave.training.material.outlines import outline
from whisperwave.training.material.preparation import build_network
from whisperwave.training.material.styles import describe
from whisperwave.training.settings.hydra_app import compose
from whisperwave.training.settings.run import DataSettings, RunSettings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_sounds(tmp_path / "sounds")


def test_training_lowers_the_bits_and_leaves_a_verified_model_file(folder: Path) -> None:
    path, lines = train(folder, "trainer.steps=40")
    bits = [line["validation_bits"] for line in lines if line["event"] == "validation"]
    assert bits[-1] < bits[0] < 6.2
    model = modelfile.read(path)
    assert model.family == "wavenet"
    assert model.signature.receptive_field == 16
    assert model.provenance["steps"] == 40
    assert [entry["style"] for entry in model.catalogue] == ["hiss", "tone"]


def test_the_model_file_s_exam_is_answered_by_the_weights_in_it(folder: Path) -> None:
    from whisperwave.models.wavenet import WaveNet, WaveNetConfig  # noqa: PLC0415 # after torch

    path, _ = train(folder, "trainer.steps=2")
    model = modelfile.read(path)
    network = WaveNet(WaveNetConfig(**model.config))
    network.load_state_dict({n: torch.tensor(w) for n, w in model.weights.items()})
    classes = torch.tensor(model.exam.inputs["classes"], dtype=torch.long)
    told = [torch.tensor(model.exam.inputs[name])[None] for name in ("style", "controls")]
    with torch.no_grad():
        logits = network(classes[None], *told)[0].T.numpy()
    kept = model.exam.inputs["positions"]
    modelfile.grade(model, {"logits": logits[kept]})


def test_a_model_of_excitations_is_trained_and_played(folder: Path) -> None:
    path, _ = train(folder, "trainer.steps=2", "data.prediction_order=16")
    model = modelfile.read(path)
    assert model.features["autocorrelation"]["limit"] == 16.0
    runtime = runtimes.load(model)
    assert max(runtimes.sit_exam(model, runtime).values()) < 1e-4
    tone = np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    lags = autocorrelation(tone, 16000, 16, 40)
    audio = np.empty(16000, np.float32)
    style = np.zeros(4, np.float32)
    runtime.session(runtime.guide(style, np.zeros((6, 401)), lags)).process(audio)
    spectrum = np.abs(np.fft.rfft(audio))
    assert abs(int(np.argmax(spectrum)) - 440) < 20  # the filter rings where the tone was


def test_a_run_goes_on_where_it_was_stopped(folder: Path) -> None:
    train(folder, "trainer.steps=10", "name=stopped")
    _, lines = train(folder, "trainer.steps=20", "name=stopped")
    assert [line["step"] for line in lines if line["event"] == "step"] == [20]


def test_half_precision_learns_too_and_an_unknown_one_is_refused(folder: Path) -> None:
    _, lines = train(folder, "trainer.steps=20", "trainer.precision=bfloat16")
    bits = [line["validation_bits"] for line in lines if line["event"] == "validation"]
    assert bits[-1] < 6.2
    with pytest.raises(ConfigError, match="float64"):
        train(folder, "trainer.precision=float64")


def test_a_run_stops_by_the_clock(folder: Path) -> None:
    _, lines = train(folder, "trainer.minutes=0.01")
    assert lines[-1]["event"] == "done"
    told = next(line for line in lines if line["event"] == "step")
    assert told["seconds_left"] <= 1
    assert told["progress"] > 0.1  # of 4000 steps it would be less


def test_a_network_may_be_told_the_class_by_name(folder: Path) -> None:
    path, _ = train(
        folder, "trainer.steps=2", "data.style=classes", "model.conditioning_channels=2"
    )
    model = modelfile.read(path)
    assert model.style is None
    assert model.features["style"] == {"name": "classes", "classes": ["hiss", "tone"]}
    assert sorted(model.exam.inputs["style"].tolist()) == [0.0, 1.0]


def test_a_class_without_a_place_is_refused_with_the_number_that_fits(folder: Path) -> None:
    for number in (5, 0):
        with pytest.raises(ConfigError, match=rf"={number}, but.*2 classes: hiss, tone.*=null"):
            train(folder, "data.style=classes", f"model.conditioning_channels={number}")
        assert not list(folder.parent.glob("runs/*/checkpoints"))
    with pytest.raises(ConfigError, match="genre"):
        train(folder, "data.style=genre")


@pytest.mark.parametrize("scalar_input", [0, 1])
def test_a_first_layer_of_any_kind_learns_and_is_exported(folder: Path, scalar_input: int) -> None:
    forms = ("model.initial_kernel_size=2", f"model.scalar_input={scalar_input}")
    path, lines = train(folder, "trainer.steps=40", *forms)
    bits = [line["validation_bits"] for line in lines if line["event"] == "validation"]
    assert bits[-1] < bits[0] < 6.2
    model = modelfile.read(path)
    assert model.signature.receptive_field == 17
    for backend in ("native", "reference"):
        runtimes.sit_exam(model, runtimes.load(model, backend))


@pytest.mark.parametrize("start", ["checkpoints/step-0000040", "first.safetensors"])
def test_a_warm_start_begins_at_the_averaged_weights(folder: Path, start: str) -> None:
    train(folder, "trainer.steps=40", "name=first")
    start = f"{folder.parent}/runs/first/{start}"
    _, lines = train(
        folder, "trainer.steps=1", "trainer.validation_steps=1", "name=second",
        f"warm_start={start}", "trainer.learning_rate=1e-9",
    )  # fmt: skip
    log = (folder.parent / "runs" / "first" / "log.jsonl").read_text().splitlines()
    earlier = [json.loads(line) for line in log if "validation_bits" in line][-1]
    again = next(line for line in lines if line["event"] == "validation")
    assert again["validation_bits"] == pytest.approx(earlier["validation_bits"], abs=2e-4)


def test_a_network_that_is_told_more_goes_on_from_one_that_was_told_less(folder: Path) -> None:
    less, _ = train(folder, "trainer.steps=2", "name=less", "model.control_channels=0")
    still = "trainer.learning_rate=1e-9"
    more, _ = train(folder, "trainer.steps=1", still, "name=more", f"warm_start={less}")
    before, after = modelfile.read(less).weights, modelfile.read(more).weights
    name = "layers.1.conditioning.weight"
    assert after[name].shape == (16, 4 + 6)
    np.testing.assert_allclose(after[name][:, :4], before[name], atol=1e-7)
    np.testing.assert_allclose(after[name][:, 4:], 0.0, atol=1e-7)
    np.testing.assert_allclose(after["end2.weight"], before["end2.weight"], atol=1e-7)


def test_a_warm_start_keeps_what_a_style_means(folder: Path) -> None:
    first, _ = train(folder, "trainer.steps=1", "name=first")
    (folder / "tone" / "2.wav").unlink()
    second, _ = train(folder, "trainer.steps=1", "name=second", f"warm_start={first}")
    styles = [modelfile.read(path).style for path in (first, second)]
    np.testing.assert_array_equal(styles[0].projection, styles[1].projection)


def test_a_warm_start_from_another_shape_is_refused(folder: Path) -> None:
    first, _ = train(folder, "trainer.steps=1", "name=first")
    with pytest.raises(TrainingError, match="WARM_START_MISMATCH"):
        train(folder, "name=second", f"warm_start={first}", "model.skip_channels=24")


@pytest.mark.parametrize(
    "setting", ["steps=0", "batch_size=0", "minutes=0", "learning_rate=-1", "keep_checkpoints=0"]
)
def test_a_setting_that_could_not_work_is_named_with_its_value(folder: Path, setting: str) -> None:
    with pytest.raises(ConfigError, match=f"trainer.{setting}") as caught:
        train(folder, f"trainer.{setting}")
    assert caught.value.code == "BAD_SETTINGS"


def test_an_unknown_setting_is_named() -> None:
    with pytest.raises(ConfigError, match=r"trainer\.speed=9"):
        compose(["trainer.speed=9"])
    with pytest.raises(ConfigError, match="nosuch"):
        compose(["model=nosuch"])


@pytest.mark.parametrize(
    ("preset", "receptive_field"),
    [
        ("wavenet", 2047),
        ("wavenet/asmr", 3070),
        ("wavenet/calm", 2047),
        ("wavenet/genre", 5117),
        ("wavenet/study", 16382),
    ],
)
def test_every_preset_is_a_network_that_a_model_file_can_hold(
    preset: str, receptive_field: int
) -> None:
    network = build_network(RunSettings.from_mapping(compose([f"model={preset}"])))
    facts = network.signature(16_000, 0.0)
    assert facts.receptive_field == receptive_field
    config = vars(network.config)
    limits.check_ranges(config, preset)
    layout = wavenet.shapes(config)
    assert {name: tuple(w.shape) for name, w in network.state_dict().items()} == layout


MEL = Port("mel", 6, 40, "control")
CODEC = {"name": "mulaw", "levels": 64, "preemphasis": 0.85}


def heard_by(codec: dict[str, Any], *inputs: Port) -> Signature:
    """As much of a network's signature as its crops depend on."""
    audio = (Port("audio", 1, 1, "audio"),)
    return Signature("autoregressive", inputs, audio, 16000, 1, 0, 16, codec, "softmax")


def crops(
    folder: Path, indices: range, split: Split = "train", control_dropout: float = 0.5
) -> Crops:
    sounds = read_sounds(folder, 16000, 0.34)
    data = DataSettings(16000, 0.85, 0, 0.34, None, 256, 0.5, 0.1, 0.1, control_dropout)
    told = (describe(sounds, 4, 0.5), outline(sounds, MEL))
    corpus = Corpus(sounds, encode(sounds, heard_by(CODEC)), *told)
    return Crops(corpus, split, data, CropShape(15, 256), indices, seed=3)


def test_a_crop_depends_on_its_number_alone(folder: Path) -> None:
    early, late = crops(folder, range(10)), crops(folder, range(5, 10))
    for name, value in early[7].items():
        np.testing.assert_array_equal(value, late[2][name])


def test_targets_are_the_classes_one_sample_later(folder: Path) -> None:
    crop = crops(folder, range(1))[0]
    assert crop["samples"].shape == (15 + 256,)
    np.testing.assert_array_equal(crop["targets"][:-1], crop["samples"][16:])


def test_controls_are_the_frames_that_the_crop_lies_in(folder: Path) -> None:
    held_out = crops(folder, range(8), "validation")
    sounds = read_sounds(folder, 16000, 0.34)
    audio = [sounds.audio(excerpt) for excerpt in sounds.of("validation")]
    frames = [mel_controls(each, 16000, MEL.channels, MEL.rate) for each in audio]
    encoded = [mulaw_encode(emphasise(each, 0.85), 64) for each in audio]
    for crop in (held_out[index] for index in range(8)):
        places = [
            (sound, hop)
            for sound, each in enumerate(audio)
            for hop in range((len(each) - 272) // MEL.rate + 1)
            if np.array_equal(encoded[sound][hop * MEL.rate :][:271], crop["samples"])
        ]
        assert any(
            np.array_equal(frames[sound][:, hop : hop + 7], crop["controls"])
            for sound, hop in places
        )


def test_the_classes_of_excitations_are_those_that_play_the_sound(folder: Path) -> None:
    """Decoded, and filtered by the outline of the sound, they are the sound but for rounding."""
    sounds = read_sounds(folder, 16000, 0.34)
    lags = Port("autocorrelation", 17, 40, "predictor")
    signature = heard_by(
        {"name": "mulaw_lpc", "levels": 256, "preemphasis": 0.0, "limit": 16.0}, MEL, lags
    )
    for excerpt, classes in encode(sounds, signature).items():
        audio = sounds.audio(excerpt)
        driving = mulaw_decode(classes) * np.float32(16.0)
        rebuilt = AllPole(16)
        coefficients, sizes = predictors(autocorrelation(audio, 16000, 16, 40))
        for frame, start in enumerate(range(0, len(driving), 40)):
            rebuilt.process(driving[start : start + 40], coefficients[frame], sizes[frame])
        # A pure tone leaves next to nothing to excite it, which the classes round coarsely.
        allowed = 0.02 if excerpt.group == "hiss" else 0.5
        assert np.std(driving - audio) < allowed * np.std(audio)


def test_a_share_of_the_training_crops_is_told_nothing(folder: Path) -> None:
    drawn = crops(folder, range(60))
    silent = [not drawn[index]["controls"].any() for index in range(60)]
    assert 15 < sum(silent) < 45
    assert crops(folder, range(1), control_dropout=0.0)[0]["controls"].any()


def test_sounds_shorter_than_a_crop_are_refused(folder: Path) -> None:
    sounds = read_sounds(folder, 16000, 0.34)
    data = DataSettings(16000, 0.0, 0, 0.34, None, 10**6, 0.5, 0.0, 0.0, 0.0)
    with pytest.raises(TrainingError, match="TOO_SHORT"):
        Crops(Corpus(sounds, {}, None, None), "train", data, CropShape(15, 10**6), range(1), seed=0)


def test_every_checkpoint_and_snapshot_holds_a_model_that_sits_its_exam(folder: Path) -> None:
    path, _ = train(folder, "trainer.steps=20", "trainer.snapshot_steps=8")
    run_folder = path.parent
    kept = [modelfile.read(p / "model.safetensors") for p in (run_folder / "checkpoints").iterdir()]
    light = [modelfile.read(p) for p in (run_folder / "snapshots").iterdir()]
    assert sorted(model.provenance["steps"] for model in kept) == [0, 10, 20]
    assert sorted(model.provenance["steps"] for model in light) == [8, 16]
    for model in kept + light:
        runtimes.sit_exam(model, runtimes.load(model))
    last = next(model for model in kept if model.provenance["steps"] == 20)
    for name, weight in modelfile.read(path).weights.items():
        np.testing.assert_array_equal(weight, last.weights[name])


def test_the_model_file_holds_the_settings_that_it_was_trained_with(folder: Path) -> None:
    path, _ = train(folder, "trainer.steps=1", "trainer.momentum=0.5")
    settings = modelfile.read(path).provenance["settings"]
    assert settings["trainer"]["momentum"] == 0.5
    assert settings["data"]["crop"] == 256
