"""From trained weights to a model file that carries its own exam."""

import copy
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

import whisperwave
from whisperwave import modelfile
from whisperwave.datasets import Sounds, Split
from whisperwave.dsp import pitch_controls, prediction
from whisperwave.dsp.features import mel
from whisperwave.dsp.features.texture import STATISTICS
from whisperwave.modelfile import Exam, ModelFile
from whisperwave.modelfile.exam import EXAM_STEPS, TOLERANCES, exam_positions
from whisperwave.training.learning.autoregressive import NextSample
from whisperwave.training.material.preparation import Prepared, extent, is_text

_TOLD = ("style", "controls")


def export(module: NextSample, prepared: Prepared, path: Path) -> Path:
    """Write the averaged weights of a run, and check the file by reading it back."""
    network = module.average.module
    model = describe(network, prepared, {"steps": module.step, "seconds": round(module.seconds)})
    modelfile.write(path, model)
    modelfile.verify(path)
    return path


def describe(network: nn.Module, prepared: Prepared, effort: dict[str, Any]) -> ModelFile:
    """Everything that playing needs and where it came from, as a model file's value."""
    network = copy.deepcopy(network).cpu()
    settings, config = prepared.settings, dict(prepared.settings.model)
    family = config.pop("family")
    styles = prepared.styles
    return ModelFile(
        family=family,
        config=config,
        signature=prepared.signature,
        weights={n: w.detach().numpy() for n, w in network.state_dict().items()},
        exam=set_exam(network, prepared),
        features=features(prepared),
        style=styles.projection if styles else None,
        catalogue=[] if is_text(prepared.signature) else catalogue(prepared.sounds),
        statistics={**extent(prepared), **prepared.sounds.statistics},
        provenance={
            "name": settings.name,
            "made_by": f"whisperwave {whisperwave.__version__}",
            "seed": settings.trainer.seed,
            "data": dict(prepared.sounds.identity),
            "warm_start": settings.warm_start is not None,
            "settings": {
                "data": asdict(settings.data),
                "augmentation": settings.augmentation,
                "trainer": asdict(settings.trainer),
            },
            **effort,
        },
        licence=settings.licence,
    )


def features(prepared: Prepared) -> dict[str, Any]:
    """How the numbers that steer the network are made of a sound, by the name of each port."""
    made: dict[str, Any] = {}
    if prepared.styles and prepared.styles.projection:
        made["style"] = {"name": "texture", "statistics": STATISTICS}
    elif prepared.styles:
        made["style"] = {"name": "classes", "classes": list(prepared.styles.classes)}
    told = prepared.signature.port("control")
    if told and told.name == pitch_controls.NAME:
        made[told.name] = dict(pitch_controls.SETTINGS)
    elif told:
        made["mel"] = dict(mel.SETTINGS)
    if prepared.signature.port("predictor"):
        made["autocorrelation"] = dict(prediction.SETTINGS)
    return made


def set_exam(network: nn.Module, prepared: Prepared) -> Exam:
    """Ask the network about a crop of held-out sound, and keep its first and last answers."""
    split: Split = "validation" if prepared.sounds.of("validation") else "train"
    crop = prepared.crops(split, range(1), prepared.settings.trainer.seed)[0]
    length = prepared.signature.receptive_field + EXAM_STEPS
    heard = crop["samples"][:length]
    inputs: dict[str, NDArray[Any]] = (
        {"values": heard} if heard.dtype == np.float32 else {"classes": heard.astype(np.int32)}
    )
    if "style" in crop:
        inputs["style"] = crop["style"]
    if prepared.outlines:
        frames = 1 + length // prepared.outlines.hop_length
        inputs["controls"] = crop["controls"][:, :frames].copy()
    told = (torch.from_numpy(inputs[n])[None] if n in inputs else None for n in _TOLD)
    with torch.no_grad():
        answers = network(torch.from_numpy(heard)[None], *told)[0].T.numpy()
    kept = exam_positions(length)
    return Exam(inputs | {"positions": kept}, {"logits": answers[kept].copy()}, TOLERANCES)


def catalogue(sounds: Sounds) -> list[dict[str, Any]]:
    """The groups that the model was trained on, with their minutes."""
    minutes: dict[str, float] = defaultdict(float)
    for excerpt in sounds.of("train"):
        minutes[excerpt.group] += (excerpt.stop - excerpt.start) / sounds.sample_rate / 60.0
    return [{"style": g, "train_minutes": round(m, 2)} for g, m in sorted(minutes.items())]
