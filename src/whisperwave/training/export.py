"""From trained weights to a model file that carries its own exam."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

import whisperwave
from whisperwave import modelfile
from whisperwave.datasets.sounds import Sounds
from whisperwave.dsp.features.texture import STATISTICS
from whisperwave.models.wavenet import WaveNet
from whisperwave.modelfile import Exam, ModelFile, StyleProjection
from whisperwave.shapes import Port, Signature
from whisperwave.training.crops import Crops
from whisperwave.training.tasks.next_sample import NextSample

if TYPE_CHECKING:
    from whisperwave.training.run import Prepared

EXAM_STEPS = 48  # answers kept: the first of a fresh stream, and the last past a receptive field
TOLERANCES = {"float32": 1e-4}  # relative to the norm of the logits


def export(module: NextSample, prepared: "Prepared", path: Path) -> Path:
    """Write the averaged weights of a run, and check the file by reading it back."""
    network = module.average.module
    model = describe(network, prepared, {"steps": module.step, "seconds": round(module.seconds)})
    modelfile.write(path, model)
    modelfile.verify(path)
    return path


def describe(network: WaveNet, prepared: "Prepared", effort: dict[str, Any]) -> ModelFile:
    """Everything that playing needs and where it came from, as a model file's value."""
    settings, config = prepared.settings, dict(prepared.settings.model)
    family = config.pop("family")
    conditioned = prepared.config.conditioning_channels > 0
    styles = prepared.styles
    return ModelFile(
        family=family,
        config=config,
        signature=signature(prepared),
        weights={n: w.detach().numpy() for n, w in network.state_dict().items()},
        exam=set_exam(network, held_out_crop(prepared)),
        features={"name": "texture", "statistics": STATISTICS} if conditioned else {},
        style=StyleProjection(styles.mean, styles.projection) if conditioned else None,
        catalogue=catalogue(prepared.sounds),
        statistics={
            "train_minutes": round(prepared.sounds.minutes("train"), 2),
            "validation_minutes": round(prepared.sounds.minutes("validation"), 2),
        },
        provenance={
            "made_by": f"whisperwave {whisperwave.__version__}",
            "seed": settings.trainer.seed,
            "warm_start": settings.warm_start is not None,
            **effort,
        },
        licence=settings.licence,
    )


def signature(prepared: "Prepared") -> Signature:
    """What a runtime must know to play the model."""
    data, config = prepared.settings.data, prepared.config
    style = Port("style", config.conditioning_channels, 0, "style")
    return Signature(
        kind="autoregressive",
        inputs=(style,) if config.conditioning_channels else (),
        outputs=(Port("audio", 1, 1, "audio"),),
        sample_rate=data.sample_rate,
        block_size=1,
        latency=0,
        receptive_field=config.receptive_field,
        codec={"name": "mulaw", "levels": config.classes, "preemphasis": data.preemphasis},
        head="softmax",
    )


def held_out_crop(prepared: "Prepared") -> dict[str, NDArray[np.generic]]:
    """The crop of held-out sound that the exam is about."""
    split = "validation" if prepared.sounds.of("validation") else "train"
    data, seed = prepared.settings.data, prepared.settings.trainer.seed
    return Crops(
        prepared.sounds, prepared.styles, split, data, prepared.shape, range(1), seed
    )[0]  # fmt: skip


def set_exam(network: WaveNet, crop: dict[str, NDArray[np.generic]]) -> Exam:
    """Ask the network about one crop, and keep its first and last answers."""
    length = network.config.receptive_field + EXAM_STEPS
    classes = crop["classes"][:length].astype(np.int64)
    style = crop["style"].astype(np.float32)
    conditioned = network.config.conditioning_channels > 0
    with torch.no_grad():
        known = torch.from_numpy(style)[None] if conditioned else None
        logits = network(torch.from_numpy(classes)[None], known)[0].T.numpy()
    inputs: dict[str, NDArray[Any]] = {"classes": classes.astype(np.int32)}
    if conditioned:
        inputs["style"] = style
    kept = np.r_[:EXAM_STEPS, len(classes) - EXAM_STEPS : len(classes)].astype(np.int32)
    return Exam(inputs | {"positions": kept}, {"logits": logits[kept].copy()}, TOLERANCES)


def catalogue(sounds: Sounds) -> list[dict[str, Any]]:
    """The groups that the model was trained on, with their minutes."""
    groups = sorted({excerpt.group for excerpt in sounds.excerpts})
    return [
        {
            "style": group,
            "train_minutes": round(
                math.fsum(e.stop - e.start for e in sounds.of("train") if e.group == group)
                / sounds.sample_rate
                / 60.0,
                2,
            ),
        }
        for group in groups
    ]
