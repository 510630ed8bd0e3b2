"""A house for every test: its own data folder, three small sounds to pick, a model of a second."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from whisperwave import modelfile, runtimes
from whisperwave.dsp.features.texture import STATISTICS
from whisperwave.generation.tags import Tags
from whisperwave.generation.writing import write_sound
from whisperwave.library import Library, open_library
from whisperwave.modelfile import Exam, ModelFile, StyleProjection
from whisperwave.modelfile.layouts.wavenet import shapes
from whisperwave.shapes import Port, Signature

RATE = 16_000
STYLES = ("hum", "hiss", "pulse")
CLIPS_PER_STYLE = 4
TINY = {
    "layers_per_block": 5, "blocks": 2, "kernel_size": 2, "residual_channels": 8,
    "dilation_channels": 8, "skip_channels": 16, "end_channels": 16, "classes": 256,
    "conditioning_channels": 4, "control_channels": 3, "hop_length": 160,
}  # fmt: skip


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test ever sees the library of the person who runs it."""
    folder = tmp_path / "data"
    monkeypatch.setenv("WHISPERWAVE_DATA", str(folder))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return folder


@pytest.fixture
def generator() -> np.random.Generator:
    """Random numbers that are the same in every run."""
    return np.random.default_rng(20260101)


def sound(style: str, take: int, seconds: float = 2.0) -> np.ndarray:
    """A clip ``[2, T]`` of one of three kinds that nobody would mistake for each other."""
    rng = np.random.default_rng([STYLES.index(style), take])
    time = np.arange(round(seconds * RATE)) / RATE
    noise = rng.standard_normal((2, len(time)))
    if style == "hum":
        audio = np.sin(2 * np.pi * (180 + 10 * take) * time) + 0.01 * noise
    elif style == "hiss":
        audio = noise
    else:
        audio = noise * (np.sin(2 * np.pi * 4 * time) > 0.9) + 0.001 * noise
    return (0.1 * audio).astype(np.float32) * np.ones((2, 1), np.float32)


@pytest.fixture(scope="session")
def starter_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A starter library of three styles, four clips each, numbered 1 to 12 in that order."""
    folder = tmp_path_factory.mktemp("starter")
    clips = []
    for style in STYLES:
        for take in range(1, CLIPS_PER_STYLE + 1):
            audio = sound(style, take)
            path = folder / f"{style}-{take}.wav"
            write_sound(path, [audio], 2, RATE, Tags("", "", "", ""), 0)
            data = path.read_bytes()
            clips.append(
                {"file": path.name, "title": f"{style} {take}", "style": style,
                 "licence": "Apache-2.0", "provenance": "made by a test",
                 "sha256": sha256(data).hexdigest(), "seconds": audio.shape[-1] / RATE,
                 "sample_rate": RATE, "channels": 2}
            )  # fmt: skip
    (folder / "catalogue.json").write_text(json.dumps({"version": 1, "clips": clips}))
    return folder


@pytest.fixture
def library(data_folder: Path, starter_folder: Path) -> Library:
    """The small library, open."""
    with open_library(data_folder, starter_folder) as opened:
        yield opened


@pytest.fixture(scope="session")
def tiny_model() -> ModelFile:
    """A WaveNet of random weights, steered by four numbers; it plays noise, fast."""
    rng = np.random.default_rng(0)
    weights = {
        name: (rng.standard_normal(shape) / np.sqrt(max(1, np.prod(shape[1:])))).astype("f4")
        for name, shape in shapes(TINY).items()
    }
    projection = 0.1 * rng.standard_normal((TINY["conditioning_channels"], STATISTICS))
    asked = {
        "classes": rng.integers(0, TINY["classes"], 200).astype("i4"),
        "style": rng.standard_normal(TINY["conditioning_channels"], "f4"),
        "controls": rng.standard_normal((TINY["control_channels"], 2), "f4"),
    }
    unanswered = ModelFile(
        family="wavenet",
        config=TINY,
        signature=_signature(),
        weights=weights,
        exam=Exam(asked, {}, {"float32": 1e-4}),
        style=StyleProjection(np.zeros(STATISTICS, "f4"), projection.astype("f4")),
    )
    answered = runtimes.load(unanswered, "reference").answers(asked)
    return replace(unanswered, exam=replace(unanswered.exam, outputs=answered))


@pytest.fixture(scope="session")
def model_path(tiny_model: ModelFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model as a file."""
    path = tmp_path_factory.mktemp("models") / "tiny.safetensors"
    modelfile.write(path, tiny_model)
    return path


@pytest.fixture(scope="session")
def excitation_path(tiny_model: ModelFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model as one of excitations, filtered by the outline of the picks."""
    plain = tiny_model.signature
    lags = Port("autocorrelation", 33, TINY["hop_length"], "predictor")
    codec = {"name": "mulaw_lpc", "levels": TINY["classes"], "preemphasis": 0.0, "limit": 16.0}
    signature = replace(plain, inputs=(*plain.inputs, lags), codec=codec)
    path = tmp_path_factory.mktemp("models") / "excitations.safetensors"
    modelfile.write(path, replace(tiny_model, signature=signature))
    return path


@pytest.fixture(scope="session")
def class_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of three classes, which is told nothing but the class's name."""
    config = TINY | {"control_channels": 0, "conditioning_channels": len(STYLES)}
    rng = np.random.default_rng(3)
    weights = {
        name: (rng.standard_normal(shape) / np.sqrt(max(1, np.prod(shape[1:])))).astype("f4")
        for name, shape in shapes(config).items()
    }
    asked = {
        "classes": rng.integers(0, TINY["classes"], 200).astype("i4"),
        "style": np.eye(len(STYLES), dtype="f4")[0],
    }
    audio, style, _ = _signature().inputs
    signature = replace(_signature(), inputs=(audio, replace(style, channels=len(STYLES))))
    unanswered = ModelFile(
        family="wavenet",
        config=config,
        signature=signature,
        weights=weights,
        exam=Exam(asked, {}, {"float32": 1e-4}),
        features={"style": {"classes": sorted(STYLES)}},
    )
    answered = runtimes.load(unanswered, "reference").answers(asked)
    path = tmp_path_factory.mktemp("models") / "classes.safetensors"
    modelfile.write(path, replace(unanswered, exam=replace(unanswered.exam, outputs=answered)))
    return path


def _signature() -> Signature:
    reach = TINY["blocks"] * (2 ** TINY["layers_per_block"] - 1)
    return Signature(
        kind="autoregressive",
        inputs=(
            Port("audio", 1, 1, "audio"),
            Port("style", TINY["conditioning_channels"], 0, "style"),
            Port("mel", TINY["control_channels"], TINY["hop_length"], "control"),
        ),
        outputs=(Port("audio", 1, 1, "audio"),),
        sample_rate=RATE,
        block_size=1,
        latency=0,
        receptive_field=1 + reach,
        codec={"name": "mulaw", "levels": TINY["classes"], "preemphasis": 0.85},
        head="softmax",
    )


@pytest.fixture
def own_clips(data_folder: Path, starter_folder: Path) -> list[str]:
    """Three clips added to the test's own library, as the words that pick them."""
    with open_library(data_folder) as opened:
        added = [
            opened.add(starter_folder / f"{style}-1.wav", style=style, title=f"my {style}")
            for style in STYLES
        ]
    return [str(each.clip.number) for each in added]
