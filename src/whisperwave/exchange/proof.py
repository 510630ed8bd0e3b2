"""Is it the same network? Both sides foretell the same real audio, and are compared.

The source's side is evaluated in the limited child from the source's own tensors, plainly and over
whole windows; ours is the engine, sample by sample from rings, playing the model that is about to
be written.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave import runtimes
from whisperwave.errors import AudioError, ModelFileError
from whisperwave.modelfile import ModelFile
from whisperwave.modelfile.exam import TOLERANCES
from whisperwave.runtimes.codec import Codec

Floats = NDArray[np.float32]
Windows = NDArray[np.int32]

TOLERANCE = TOLERANCES["float32"]
PREDICTIONS = 256  # foretold in one window, where its length is free
FIXED_WINDOWS = 8  # where it is not


@dataclass(frozen=True)
class Proof:
    """What the comparison found.

    Args:
        predictions: how many samples both sides foretold.
        largest_difference: between two logits of the same class.
        relative_difference: the L2 norm of all differences, divided by that of the source's logits.
        same_likeliest: the share of predictions whose likeliest class is the same.
        bits_per_sample: how well the network foretold the clip; the logarithm of its number of
            classes would be no better than a guess.
    """

    predictions: int
    largest_difference: float
    relative_difference: float
    same_likeliest: float
    bits_per_sample: float

    def as_mapping(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**asdict(self), "tolerance": TOLERANCE}


def proven(
    model: ModelFile, audio: Floats, length: int | None, foretell: Callable[[Windows], Floats]
) -> Proof:
    """Compare ``model`` with its source.

    Args:
        model: as it will be written.
        audio: a real sound ``[T]`` at the model's rate.
        length: of the windows that the source takes; None for any.
        foretell: the source's logits ``[N, n, A]`` for windows ``[N, length]``, of which the last
            that know their whole receptive field count.

    Raises:
        ModelFileError: ``IMPORT_DIFFERS``, with both measures.
        AudioError: ``AUDIO_TOO_SHORT``.
    """
    field = model.signature.receptive_field
    if length is not None and length < field:
        raise ModelFileError(
            "IMPORT_UNSUPPORTED",
            f"the graph takes {length} samples at once, its network looks back on {field}.",
            "Export the network again for at least as many.",
        )
    classes = Codec.of(model.signature).encode(audio, 0.0).astype(np.int32)
    windows, following = _windows(classes, length or field + PREDICTIONS - 1, length is not None)
    count = windows.shape[1] - field + 1
    theirs = foretell(windows)[:, -count:].astype(np.float64)
    runtime = runtimes.load(model)
    ours = np.stack([runtime.logits(window, _guide(runtime))[-count:] for window in windows])
    if theirs.shape != ours.shape:
        raise _different(f"it answers in the shape {list(theirs.shape)}, we in {list(ours.shape)}")
    heard = np.concatenate([windows, following[:, None]], axis=1)[:, -count:]
    return _compared(theirs, ours.astype(np.float64), heard)


def _guide(runtime: runtimes.Runtime) -> runtimes.Guide:
    """Told the first class, where the network is told one."""
    port = runtime.signature.port("style")
    return runtime.guide(np.eye(port.channels, dtype=np.float32)[0] if port else None)


def _windows(classes: Windows, length: int, several: bool) -> tuple[Windows, Windows]:
    """Windows from all over the clip, and the class that follows each."""
    last = len(classes) - length - 1
    if last < 0:
        raise AudioError(
            "AUDIO_TOO_SHORT",
            f"the clip has {len(classes)} samples, the comparison needs {length + 1}.",
            "Name a longer clip with --clip.",
        )
    starts = np.linspace(0, last, FIXED_WINDOWS).astype(int) if several else np.array([last // 2])
    windows = np.stack([classes[start : start + length] for start in starts])
    return windows, classes[starts + length]


def _compared(theirs: NDArray[Any], ours: NDArray[Any], heard: Windows) -> Proof:
    difference = ours - theirs
    norm = float(np.linalg.norm(theirs)) or 1.0
    surprises = np.logaddexp.reduce(ours, axis=2) - np.take_along_axis(
        ours, heard[:, :, None], axis=2
    ).squeeze(2)
    proof = Proof(
        predictions=int(heard.size),
        largest_difference=float(np.abs(difference).max()),
        relative_difference=float(np.linalg.norm(difference)) / norm,
        same_likeliest=float(np.mean(ours.argmax(axis=2) == theirs.argmax(axis=2))),
        bits_per_sample=float(surprises.mean() / np.log(2.0)),
    )
    if not proof.relative_difference <= TOLERANCE:
        raise _different(
            f"of {proof.predictions} predictions {proof.same_likeliest:.1%} have the same "
            f"likeliest class, and the logits differ by {proof.relative_difference:.2g} of their "
            f"norm, where {TOLERANCE:g} is allowed"
        )
    return proof


def _different(fault: str) -> ModelFileError:
    return ModelFileError(
        "IMPORT_DIFFERS",
        f"What we would play is not what the source says: {fault}.",
        "Nothing was written. Check --layers-per-block; otherwise please report it, with the file.",
    )
