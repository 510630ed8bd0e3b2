"""Runs of a second: six small sounds, a network of four layers, and how two runs compare."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch

from whisperwave.training import run
from whisperwave.training.artefacts import checkpoints
from whisperwave.training.artefacts.checkpointing import STATE

TINY = [
    "model.layers_per_block=4",
    "model.blocks=1",
    "model.residual_channels=8",
    "model.dilation_channels=8",
    "model.skip_channels=16",
    "model.end_channels=16",
    "model.classes=64",
    "model.conditioning_channels=4",
    "model.control_channels=6",
    "model.hop_length=40",
    "data.crop=256",
    "data.prediction_order=0",
    "data.style_seconds=0.5",
    "trainer.batch_size=4",
    "trainer.threads=1",
    "trainer.report_steps=10",
    "trainer.validation_steps=20",
    "trainer.validation_crops=4",
    "trainer.preview_seconds=0",
    "trainer.checkpoint_steps=10",
    "trainer.warmup_steps=5",
    "trainer.learning_rate=0.01",
    "accelerator=cpu",
]
EXACT = [
    "trainer.report_steps=1", "trainer.validation_steps=3", "trainer.checkpoint_steps=1",
    "trainer.keep_checkpoints=100",
]  # fmt: skip
_BY_THE_CLOCK = {"seconds_per_step", "targets_per_second", "seconds_left"}


def make_sounds(folder: Path) -> Path:
    """Three files of hiss and three of a tone, a sub-folder each."""
    draw = np.random.default_rng(0)
    t = np.arange(16000) / 16000
    for number in range(3):
        for group, audio in (
            ("hiss", 0.1 * draw.standard_normal(16000)),
            ("tone", 0.3 * np.sin(2 * np.pi * 200.0 * (number + 1) * t)),
        ):
            (folder / group).mkdir(parents=True, exist_ok=True)
            soundfile.write(folder / group / f"{number}.wav", audio, 16000)
    return folder


def train(folder: Path, *overrides: str, **options: Any) -> tuple[Path, list[dict[str, Any]]]:
    """A run in ``runs/<name>`` beside the sounds: its model file, and every event."""
    lines: list[dict[str, Any]] = []
    place = f"folder={folder.parent / 'runs'}"
    return run(folder, [*TINY, place, *overrides], lines.append, **options), lines


def state_of(checkpoint: Path) -> dict[str, Any]:
    """Everything that a checkpoint remembers, but for the time it took."""
    state = torch.load(io.BytesIO(checkpoints.load(checkpoint).files[STATE]), weights_only=True)
    del state["seconds"]
    return state


def assert_same(first: Any, second: Any, name: str = "") -> None:
    """Hold two states equal to the last bit."""
    assert type(first) is type(second), name
    if isinstance(first, torch.Tensor):
        assert torch.equal(first, second), name
    elif isinstance(first, dict):
        assert first.keys() == second.keys(), name
        for key, value in first.items():
            assert_same(value, second[key], f"{name}.{key}")
    elif isinstance(first, list | tuple):
        assert len(first) == len(second), name
        for place, values in enumerate(zip(first, second, strict=True)):
            assert_same(*values, f"{name}[{place}]")
    else:
        assert first == second, name


def figures(log: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """What a log says of each step and each look at held-out sound, but for times."""
    events = [json.loads(line) for line in log.read_text().splitlines()]
    return {
        (event["event"], event["step"]): {k: v for k, v in event.items() if k not in _BY_THE_CLOCK}
        for event in events
        if event["event"] in ("step", "validation")
    }


def cut(run_folder: Path, step: int, name: str) -> Path:
    """A copy of a run as it was after a step, beside it."""
    copy = run_folder.with_name(name)
    shutil.copytree(run_folder, copy)
    for path in checkpoints.steps(copy / "checkpoints"):
        if int(path.name[5:]) > step:
            shutil.rmtree(path)
    for path in (*copy.glob("*.safetensors"), copy / "log.jsonl"):
        path.unlink()
    return copy
