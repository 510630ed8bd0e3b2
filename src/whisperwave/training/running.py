"""From a folder of sounds to a verified model file: one run, start to end."""

import json
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Trainer, seed_everything
from torch.utils.data import DataLoader

from whisperwave.training import checkpoints
from whisperwave.training.callbacks import Checkpointer, Report, Reporter, StopByClock
from whisperwave.training.export import export
from whisperwave.training.hydra_app import compose
from whisperwave.training.interruption import Interruption
from whisperwave.training.preparation import Prepared, build_network, prepare
from whisperwave.training.quiet import quiet
from whisperwave.training.settings import PRECISIONS, RunSettings
from whisperwave.training.tasks.next_sample import NextSample
from whisperwave.training.warm_start import read_warm_start

VALIDATION_SEED = 1_000_003  # held-out crops are the same for every run, whatever its seed


def run(folder: Path, overrides: Sequence[str], report: Report) -> Path:
    """Train on every sound under ``folder`` and write the model file.

    A run folder that holds checkpoints is gone on with; a new one starts from random weights, or
    from ``warm_start``.

    Args:
        folder: sounds, in sub-folders by group where there are several.
        overrides: Hydra's ``key=value`` words, for example ``model=wavenet/asmr``.
        report: is given each line of figures.

    Returns:
        The model file, ``<run folder>/<name>.safetensors``.

    Raises:
        KeyboardInterrupt: after Ctrl-C, when the step in hand is done and its checkpoint is kept.
    """
    settings = RunSettings.from_mapping(compose(overrides))
    torch.set_num_threads(settings.trainer.threads or torch.get_num_threads())
    seed_everything(settings.trainer.seed, verbose=False)
    network = build_network(settings)
    start = read_warm_start(Path(settings.warm_start)) if settings.warm_start else None
    prepared = prepare(folder, settings, network, start.style if start else None)
    _describe(prepared, report)
    place = Path(settings.folder) / settings.name
    place.mkdir(parents=True, exist_ok=True)
    (place / "settings.json").write_text(json.dumps(asdict(settings), indent=1), encoding="utf-8")
    module = NextSample(network, settings.trainer)
    state = checkpoints.latest(place / "checkpoints", warnings.warn)
    if state is not None:
        module.remember(state)
    elif start is not None:
        report({"event": "warm_start", "fresh": module.start_from(start.weights)})
    _fit(module, prepared, place, report)
    path = export(module, prepared, place / f"{settings.name}.safetensors")
    report({"event": "done", "model": str(path), "seconds": round(module.seconds, 1)})
    return path


def _describe(prepared: Prepared, report: Report) -> None:
    sounds = prepared.sounds
    for refusal in sounds.refused:
        report({"event": "refused", "file": refusal.name, **refusal.error.as_mapping()})
    report(
        {
            "event": "prepared",
            "files": len(sounds.excerpts),
            "refused": len(sounds.refused),
            "train_minutes": round(sounds.minutes("train"), 2),
            "validation_minutes": round(sounds.minutes("validation"), 2),
            "receptive_field": prepared.signature.receptive_field,
        }
    )


def _fit(module: NextSample, prepared: Prepared, place: Path, report: Report) -> None:
    if module.progress >= 1.0:
        return
    with quiet(), Interruption() as interruption:
        trainer = _trainer(module, prepared, place, report, interruption)
        trainer.fit(module, *_loaders(module, prepared))
    if interruption.asked:
        raise KeyboardInterrupt


def _trainer(
    module: NextSample, prepared: Prepared, place: Path, report: Report, interruption: Interruption
) -> Trainer:
    settings = prepared.settings.trainer
    targets = settings.batch_size * prepared.settings.data.crop
    return Trainer(
        accelerator="cpu",
        precision=PRECISIONS[settings.precision],
        max_steps=settings.steps - module.steps_before,
        max_epochs=-1,
        val_check_interval=settings.validation_steps,
        check_val_every_n_epoch=None,
        gradient_clip_val=settings.gradient_clip,
        num_sanity_val_steps=0,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=place,
        callbacks=[
            Reporter(place / "log.jsonl", settings, targets, report),
            Checkpointer(place / "checkpoints", settings),
            StopByClock(),
            interruption,
        ],
    )


def _loaders(module: NextSample, prepared: Prepared) -> tuple[DataLoader[Any], DataLoader[Any]]:
    settings = prepared.settings.trainer
    size = settings.batch_size
    indices = range(module.steps_before * size, settings.steps * size)
    training = prepared.crops("train", indices, settings.seed)
    held_out = prepared.crops("validation", range(settings.validation_crops), VALIDATION_SEED)
    return DataLoader(training, size), DataLoader(held_out, size)
