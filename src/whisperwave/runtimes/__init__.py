"""Run a model file, offline or live: `load` gives a `Runtime`, which opens `Session`s."""

from pathlib import Path

from whisperwave import modelfile
from whisperwave.errors import EngineError
from whisperwave.registry import find
from whisperwave.runtimes.guide import Guide
from whisperwave.runtimes.sampling import Sampling
from whisperwave.runtimes.session import Runtime, Session
from whisperwave.runtimes.streams import Streams

__all__ = ["load", "sit_exam", "Runtime", "Session", "Streams", "Guide", "Sampling"]

_FAMILIES = ("wavenet",)


def load(model: modelfile.ModelFile | Path, backend: str = "native", isa: str = "auto") -> Runtime:
    """A model ready to run.

    Args:
        model: a model file, or the path of one, which is verified as it is read.
        backend: ``native`` (the C++ engine) or ``reference`` (NumPy, slow, the oracle).
        isa: the engine's instruction set, ``auto`` for the fastest here.

    Raises:
        EngineError: the backend cannot run this model, or not on this machine.
        ModelFileError: the file is damaged.
    """
    read = modelfile.read(model) if isinstance(model, Path) else model
    if read.family not in _FAMILIES:
        raise EngineError(
            "UNKNOWN_FAMILY",
            f"no runtime here plays the family {read.family!r}.",
            f"Use a model of {', '.join(_FAMILIES)}, or a newer whisperwave.",
        )
    runtime: Runtime = find("runtimes.backends", backend).load(read, isa=isa)
    return runtime


def sit_exam(model: modelfile.ModelFile, runtime: Runtime) -> dict[str, float]:
    """Have a runtime answer the questions in the model file; the error of each answer.

    Raises:
        EngineError: ``EXAM_FAILED``, an answer is further off than the model file allows.
    """
    asked = model.exam.inputs
    guide = runtime.guide(asked.get("style"), asked.get("controls"))
    heard = asked["classes"] if "classes" in asked else asked["values"]
    logits = runtime.logits(heard, guide)
    positions = asked.get("positions", slice(None))
    return modelfile.grade(model, {"logits": logits[positions]})
