"""Run a model file, offline or live: `load` gives a `Runtime`, which opens `Session`s."""

from pathlib import Path

from whisperwave import modelfile
from whisperwave.errors import EngineError
from whisperwave.registry import find, names
from whisperwave.runtimes.guide import Floats, Guide
from whisperwave.runtimes.precisions import chosen
from whisperwave.runtimes.sampling import Sampling
from whisperwave.runtimes.session import Runtime, Session

__all__ = [
    "load", "sit_exam", "sit_all_exams", "answers", "Runtime", "Session",
    "Guide", "Sampling",
]  # fmt: skip

_FAMILIES = ("wavenet",)


def load(
    model: modelfile.ModelFile | Path,
    backend: str = "native",
    isa: str = "auto",
    precision: str = "float32",
) -> Runtime:
    """A model ready to run.

    Args:
        model: a model file, or the path of one, which is verified as it is read.
        backend: ``native`` (the C++ engine) or ``reference`` (NumPy, slow, the oracle).
        isa: the engine's instruction set, ``auto`` for the fastest here.
        precision: one that the model file offers; ``auto`` for int8 where it costs next to nothing.

    Raises:
        EngineError: the backend cannot run this model, or not on this machine; ``NO_PRECISION``.
        ModelFileError: the file is damaged.
    """
    read = modelfile.read(model) if isinstance(model, Path) else model
    if read.family not in _FAMILIES:
        raise EngineError(
            "UNKNOWN_FAMILY",
            f"no runtime here plays the family {read.family!r}.",
            f"Use a model of {', '.join(_FAMILIES)}, or a newer whisperwave.",
        )
    room = find("runtimes.backends", backend)
    runtime: Runtime = room.load(read, isa, chosen(read, precision, room.PRECISIONS))
    return runtime


def sit_exam(model: modelfile.ModelFile, runtime: Runtime) -> dict[str, float]:
    """Have a runtime answer the questions in the model file; the error of each answer.

    Raises:
        EngineError: ``EXAM_FAILED``, an answer is further off than the model file allows in the
            runtime's precision.
    """
    return modelfile.grade(model, answers(model, runtime), runtime.precision)


def sit_all_exams(model: modelfile.ModelFile) -> dict[str, dict[str, dict[str, float]]]:
    """The errors by backend, precision and answer, wherever the model can be played.

    Raises:
        EngineError: as `load` and `sit_exam`.
    """
    return {
        backend: {
            precision: sit_exam(model, load(model, backend, precision=precision))
            for precision in model.offered
            if precision in find("runtimes.backends", backend).PRECISIONS
        }
        for backend in names("runtimes.backends")
    }


def answers(model: modelfile.ModelFile, runtime: Runtime) -> dict[str, Floats]:
    """What a runtime answers to the questions in the model file, by the names of its answers."""
    asked = model.exam.inputs
    guide = runtime.guide(asked.get("style"), asked.get("controls"))
    heard = asked["classes"] if "classes" in asked else asked["values"]
    return {"logits": runtime.logits(heard, guide)[asked.get("positions", slice(None))]}
