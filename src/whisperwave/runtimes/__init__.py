"""Run a model file, offline or live: `load` gives a `Runtime`, which opens `Session`s.

A model that filters sound gives an `Effect` (`load_effect`), which opens `EffectSession`s.
"""

from pathlib import Path

from whisperwave import modelfile
from whisperwave.errors import EngineError
from whisperwave.registry import find, names
from whisperwave.runtimes.effect import Effect, EffectSession
from whisperwave.runtimes.guide import Guide
from whisperwave.runtimes.precisions import chosen
from whisperwave.runtimes.sampling import Sampling
from whisperwave.runtimes.session import Runtime, Session
from whisperwave.runtimes.streams import Streams

__all__ = [
    "load",
    "load_effect",
    "load_any",
    "sit_exam",
    "sit_all_exams",
    "Runtime",
    "Session",
    "Streams",
    "Effect",
    "EffectSession",
    "Guide",
    "Sampling",
]

_FAMILIES = ("wavenet", "convnet")


def load(
    model: modelfile.ModelFile | Path,
    backend: str = "native",
    isa: str = "auto",
    precision: str = "float32",
) -> Runtime:
    """A model that makes sound, ready to run.

    Args:
        model: a model file, or the path of one, which is verified as it is read.
        backend: ``native`` (the C++ engine) or ``reference`` (NumPy, slow, the oracle).
        isa: the engine's instruction set, ``auto`` for the fastest here.
        precision: one that the model file offers; ``auto`` for int8 where it costs next to nothing.

    Raises:
        EngineError: the backend cannot run this model, or not on this machine; ``NO_PRECISION``;
            ``WRONG_KIND``, it filters sound.
        ModelFileError: the file is damaged.
    """
    runtime = load_any(model, backend, isa, precision)
    if isinstance(runtime, Effect):
        raise EngineError(
            "WRONG_KIND",
            "this model filters sound, it does not make any.",
            "Choose a generative model; effects are opened by load_effect.",
        )
    return runtime


def load_effect(
    model: modelfile.ModelFile | Path,
    backend: str = "native",
    isa: str = "auto",
    precision: str = "float32",
) -> Effect:
    """A model that filters sound, ready to run; arguments and errors as for `load`."""
    effect = load_any(model, backend, isa, precision)
    if isinstance(effect, Runtime):
        raise EngineError(
            "WRONG_KIND",
            "this model makes sound, it does not filter any.",
            "Choose an effect; generative models are opened by load.",
        )
    return effect


def load_any(
    model: modelfile.ModelFile | Path,
    backend: str = "native",
    isa: str = "auto",
    precision: str = "float32",
) -> Runtime | Effect:
    """A model of either kind, ready to run; arguments and errors as for `load`."""
    read = modelfile.read(model) if isinstance(model, Path) else model
    if read.family not in _FAMILIES:
        raise EngineError(
            "UNKNOWN_FAMILY",
            f"no runtime here plays the family {read.family!r}.",
            f"Use a model of {', '.join(_FAMILIES)}, or a newer whisperwave.",
        )
    room = find("runtimes.backends", backend)
    runtime: Runtime | Effect = room.load(read, isa, chosen(read, precision, room.PRECISIONS))
    return runtime


def sit_exam(model: modelfile.ModelFile, runtime: Runtime | Effect) -> dict[str, float]:
    """Have a runtime answer the questions in the model file; the error of each answer.

    Raises:
        EngineError: ``EXAM_FAILED``, an answer is further off than the model file allows in the
            runtime's precision.
    """
    return modelfile.grade(model, runtime.answers(model.exam.inputs), runtime.precision)


def sit_all_exams(model: modelfile.ModelFile) -> dict[str, dict[str, dict[str, float]]]:
    """The errors by backend, precision and answer, wherever the model can be played.

    Raises:
        EngineError: as `load` and `sit_exam`.
    """
    return {
        backend: {
            precision: sit_exam(model, load_any(model, backend, precision=precision))
            for precision in model.offered
            if precision in find("runtimes.backends", backend).PRECISIONS
        }
        for backend in names("runtimes.backends")
    }
