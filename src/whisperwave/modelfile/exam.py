"""The exam: what is asked, and grading: does a runtime answer as the model did when it was made?"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import ConfigError, EngineError
from whisperwave.modelfile.model import Array, ModelFile

EXAM_STEPS = 48  # answers kept: the first of a fresh stream, and the last past a receptive field
TOLERANCES = {"float32": 1e-4}  # relative to the norm of the answers


def exam_positions(length: int) -> NDArray[np.int32]:
    """Which of ``length`` answers are kept: the first and the last `EXAM_STEPS`."""
    kept: NDArray[np.int32] = np.r_[:EXAM_STEPS, length - EXAM_STEPS : length].astype(np.int32)
    return kept


def grade(
    model: ModelFile, outputs: Mapping[str, Array], precision: str = "float32"
) -> dict[str, float]:
    """Compare a runtime's answers with the exam's, each relative to its output's norm.

    Args:
        model: the model whose ``exam.inputs`` the runtime was given.
        outputs: the runtime's answers by name, of the exam outputs' shapes.
        precision: whose tolerance counts: ``float32``, ``bfloat16`` or ``int8``.

    Returns:
        The measured error of each output, the L2 norm of the difference divided by the L2 norm of
        the expected values (by 1 where these are all zero).

    Raises:
        EngineError: ``EXAM_FAILED``, naming the output, the error and the tolerance.
        ConfigError: ``NO_TOLERANCE``, the model states none for this precision.
    """
    tolerance = _tolerance(model, precision)
    errors = deviations(model, outputs)
    for name, error in errors.items():
        if not error <= tolerance:  # a NaN is not within any tolerance
            raise _failed(
                name,
                f"differs by {error:.3g} of its norm, allowed is {tolerance:.3g} ({precision})",
            )
    return errors


def deviations(model: ModelFile, outputs: Mapping[str, Array]) -> dict[str, float]:
    """The error of each answer as `grade` measures it, however large it is.

    Raises:
        EngineError: ``EXAM_FAILED``, an answer is missing or of another shape.
    """
    return {
        name: _relative_error(name, expected, outputs.get(name))
        for name, expected in model.exam.outputs.items()
    }


def _tolerance(model: ModelFile, precision: str) -> float:
    if precision not in model.exam.tolerances:
        raise ConfigError(
            "NO_TOLERANCE",
            f"the exam states no tolerance for {precision!r}.",
            f"It can be sat in {', '.join(sorted(model.exam.tolerances))}.",
        )
    return model.exam.tolerances[precision]


def _relative_error(name: str, expected: Array, answer: Array | None) -> float:
    if answer is None:
        raise _failed(name, "was not answered")
    if answer.shape != expected.shape:
        raise _failed(name, f"has shape {answer.shape}, expected {expected.shape}")
    wanted = expected.astype(np.float64)
    difference = float(np.linalg.norm(answer.astype(np.float64) - wanted))
    return difference / (float(np.linalg.norm(wanted)) or 1.0)


def _failed(name: str, fault: str) -> EngineError:
    return EngineError(
        "EXAM_FAILED",
        f"output {name!r} {fault}.",
        "Do not trust this runtime with this model; use another and report it.",
    )
