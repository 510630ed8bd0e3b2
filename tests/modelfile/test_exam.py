import numpy as np
import pytest

from whisperwave import modelfile
from whisperwave.errors import ConfigError, EngineError


def _logits(model: modelfile.ModelFile, relative_error: float = 0.0) -> dict[str, np.ndarray]:
    """The exam's answer, moved by exactly this much of its norm."""
    logits = model.exam.outputs["logits"].astype(np.float64)
    step = np.zeros_like(logits)
    step.flat[0] = relative_error * np.linalg.norm(logits)
    return {"logits": logits + step}


def test_the_right_answer_passes_with_its_measured_error(model: modelfile.ModelFile) -> None:
    assert modelfile.grade(model, _logits(model)) == {"logits": 0.0}
    assert modelfile.grade(model, _logits(model, 0.9e-4))["logits"] == pytest.approx(0.9e-4)


def test_an_error_above_the_tolerance_fails_by_name(model: modelfile.ModelFile) -> None:
    with pytest.raises(EngineError, match=r"'logits' differs by 0\.00011") as caught:
        modelfile.grade(model, _logits(model, 1.1e-4))
    assert caught.value.code == "EXAM_FAILED"


def test_each_precision_has_its_own_tolerance(model: modelfile.ModelFile) -> None:
    assert modelfile.grade(model, _logits(model, 0.01), precision="bfloat16")
    with pytest.raises(EngineError, match="bfloat16"):
        modelfile.grade(model, _logits(model, 0.05), precision="bfloat16")
    assert modelfile.grade(model, _logits(model, 0.05), precision="int8")
    with pytest.raises(ConfigError, match="int4"):
        modelfile.grade(model, _logits(model), precision="int4")


def test_a_nan_fails(model: modelfile.ModelFile) -> None:
    with pytest.raises(EngineError, match="differs by nan"):
        modelfile.grade(model, _logits(model, np.nan))


def test_a_missing_or_misshapen_answer_fails(model: modelfile.ModelFile) -> None:
    with pytest.raises(EngineError, match="was not answered"):
        modelfile.grade(model, {})
    with pytest.raises(EngineError, match=r"shape \(4, 16\), expected \(5, 16\)"):
        modelfile.grade(model, {"logits": _logits(model)["logits"][1:]})
