"""From a feed-forward network's weights to a model file that carries its own exam."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

import whisperwave
from whisperwave import modelfile
from whisperwave.modelfile import Exam, ModelFile
from whisperwave.modelfile.exam import EXAM_STEPS, TOLERANCES, exam_positions
from whisperwave.models.convnet import ConvNet
from whisperwave.shapes import Signature

_SIZE = 0.3  # of the exam's noise, which is that of loud sound


def export_effect(
    network: ConvNet,
    signature: Signature,
    path: Path,
    provenance: Mapping[str, Any],
    licence: str = "unstated",
) -> Path:
    """Write a trained network, and check the file by reading it back.

    Args:
        network: with its final weights.
        signature: the network's own, for the rate that it was trained at.
        path: of the new file.
        provenance: how it was trained.
        licence: SPDX identifier of the weights' licence, or a sentence.

    Raises:
        ModelFileError: the network cannot be written, for example for a weight that is not finite.
    """
    model = ModelFile(
        family="convnet",
        config=vars(network.config),
        signature=signature,
        weights={name: w.detach().numpy() for name, w in network.state_dict().items()},
        exam=set_exam(network),
        provenance={"made_by": f"whisperwave {whisperwave.__version__}", **provenance},
        licence=licence,
    )
    modelfile.write(path, model)
    modelfile.verify(path)
    return path


def set_exam(network: ConvNet, seed: int = 0) -> Exam:
    """Ask the network about noise, and keep its first answers and the last past a field."""
    config, generator = network.config, np.random.default_rng(seed)
    length = config.receptive_field + EXAM_STEPS
    values = generator.normal(0.0, _SIZE, (length, config.input_channels)).astype(np.float32)
    asked = {"values": values, "positions": exam_positions(length)}
    if config.conditioning_channels:
        asked["style"] = generator.normal(size=config.conditioning_channels).astype(np.float32)
    style = torch.from_numpy(asked["style"])[None] if "style" in asked else None
    with torch.no_grad():
        answers = network(torch.from_numpy(values.T)[None], style)[0].T.numpy()
    return Exam(asked, {"values": answers[asked["positions"]].copy()}, TOLERANCES)
