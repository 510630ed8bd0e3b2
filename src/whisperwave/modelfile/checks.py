"""Values and shapes: what the tensors of a model must be, beyond arriving undamaged."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from whisperwave import registry
from whisperwave.errors import ModelFileError
from whisperwave.modelfile import limits
from whisperwave.modelfile.model import Array, ModelFile

_LAYOUTS = "modelfile.layouts"
_SMALLEST_NORMAL = float(np.finfo(np.float32).smallest_normal)
_WRITE_AGAIN = "Write the model again from its checkpoint."


def check_finite(name: str, array: Array) -> None:
    """Refuse a NaN or an infinity.

    Raises:
        ModelFileError: ``MODEL_NOT_FINITE``, with the count and the first place.
    """
    bad = ~np.isfinite(array)
    if bad.any():
        raise ModelFileError(
            "MODEL_NOT_FINITE",
            f"tensor {name!r} holds {np.count_nonzero(bad)} NaN or infinite values, "
            f"the first at index {int(np.argmax(bad))}.",
            _WRITE_AGAIN,
        )


def flush_denormals(array: Array) -> tuple[Array, int]:
    """Zeros instead of denormal numbers, which slow some processors a hundredfold; and how many.

    An array without any is returned as it is, not copied.
    """
    if array.dtype.kind != "f":
        return array, 0
    denormal = (array != 0) & (np.abs(array) < _SMALLEST_NORMAL)
    count = int(np.count_nonzero(denormal))
    if not count:
        return array, 0
    flushed = np.where(denormal, array.dtype.type(0), array)
    flushed.flags.writeable = False
    return flushed, count


def check_budget(family: str, config: Mapping[str, Any]) -> None:
    """Compute what a declared family would need, from its hyperparameters alone.

    Raises:
        ModelFileError: ``MODEL_CONFIG`` (keys differ, or values contradict each other) or
            ``MODEL_MEMORY``.
    """
    if not has_layout(family):
        return
    layout = registry.find(_LAYOUTS, family)
    if config.keys() - layout.DEFAULTS.keys() != layout.KEYS:
        raise ModelFileError(
            "MODEL_CONFIG",
            f"{family} has the hyperparameters {sorted(config)}, expected {sorted(layout.KEYS)}.",
            "The file was made for another version of this family; write the model again.",
        )
    contradiction = layout.contradiction(config)
    if contradiction:
        raise ModelFileError(
            "MODEL_CONFIG", f"{family} {dict(config)}: {contradiction}.", _WRITE_AGAIN
        )
    numbers = sum(math.prod(shape) for shape in layout.shapes(config).values())
    limits.check_memory(numbers * 4 + layout.state_bytes(config), f"{family} {dict(config)}")


def check_model(model: ModelFile) -> None:
    """Hold weights, signature, style and exam against what the family declares.

    The configuration has passed `check_budget`.

    Raises:
        ModelFileError: ``MODEL_MISSING_TENSOR``, ``MODEL_EXTRA_TENSOR``, ``MODEL_SHAPE``,
            ``MODEL_DTYPE``, ``MODEL_CONFIG``, ``MODEL_NO_EXAM`` or ``MODEL_CALIBRATION``.
    """
    if not model.exam.inputs or not model.exam.outputs:
        raise ModelFileError(
            "MODEL_NO_EXAM",
            f"the exam has {len(model.exam.inputs)} inputs and {len(model.exam.outputs)} outputs.",
            "A model file carries at least one of each; write the model with an exam.",
        )
    _check_style(model)
    if has_layout(model.family):
        _check_layout(model)


def check_names(found: set[str], expected: set[str], what: str) -> None:
    """Refuse tensors that are missing or that nobody asked for, by name.

    Raises:
        ModelFileError: ``MODEL_MISSING_TENSOR`` or ``MODEL_EXTRA_TENSOR``.
    """
    for code, names, verb in (
        ("MODEL_MISSING_TENSOR", expected - found, "lacks"),
        ("MODEL_EXTRA_TENSOR", found - expected, "has an unexpected"),
    ):
        if names:
            raise ModelFileError(
                code,
                f"{what} {verb} tensor {min(names)!r} ({len(names)} in all).",
                "The file is damaged or made for another version; get it again.",
            )


def has_layout(family: str) -> bool:
    """Whether the tensors of this family are declared in `layouts`."""
    return family in registry.names(_LAYOUTS)


def _check_layout(model: ModelFile) -> None:
    layout = registry.find(_LAYOUTS, model.family)
    expected = layout.shapes(model.config)
    check_names(set(model.weights), set(expected), model.family)
    for name, shape in expected.items():
        check_array(f"weights/{name}", model.weights[name], shape)
    _check_facts(model, layout.facts(model.config))
    _check_calibration(model, layout.calibration(model.config))


def _check_calibration(model: ModelFile, expected: Mapping[str, tuple[int, ...]]) -> None:
    """All of it or none; int8 is offered only with it."""
    found = model.calibration
    if not found:
        if "int8" in model.precisions:
            raise _uncalibrated("int8 is offered without calibration")
        return
    check_names(set(found), set(expected), "the calibration")
    for name, shape in expected.items():
        check_array(f"calibration/{name}", found[name], shape)
        if found[name].min() < 0:
            raise _uncalibrated(f"tensor 'calibration/{name}' holds {found[name].min():g}")


def _uncalibrated(fault: str) -> ModelFileError:
    return ModelFileError(
        "MODEL_CALIBRATION", f"{fault}.", "Run `whisperwave quantise` on the model again."
    )


def check_array(name: str, array: Array, shape: tuple[int, ...]) -> None:
    """Refuse a tensor that is not float32 of exactly ``shape``.

    Raises:
        ModelFileError: ``MODEL_DTYPE`` or ``MODEL_SHAPE``, expected and got.
    """
    if array.dtype != np.float32:
        raise ModelFileError(
            "MODEL_DTYPE", f"tensor {name!r} is {array.dtype}, expected float32.", _WRITE_AGAIN
        )
    if array.shape != shape:
        raise ModelFileError(
            "MODEL_SHAPE",
            f"tensor {name!r} has shape {array.shape}, expected {shape}.",
            "The weights and the configuration do not belong together; " + _WRITE_AGAIN.lower(),
        )


def _check_facts(model: ModelFile, facts: Mapping[str, int | str]) -> None:
    style, control, predictor = map(model.signature.port, ("style", "control", "predictor"))
    inputs, audio = model.signature.inputs, model.signature.outputs
    found = {
        "block_size": model.signature.block_size,
        "latency": model.signature.latency,
        "input_channels": sum(port.channels for port in inputs if port.rate == 1),
        "head": model.signature.head,
        "audio_channels": sum(port.channels for port in audio),
        "receptive_field": model.signature.receptive_field,
        "levels": model.signature.codec.get("levels", facts.get("levels", 0)),
        "style_channels": style.channels if style else 0,
        "control_channels": control.channels if control else 0,
        "hop_length": control.rate if control else facts.get("hop_length", 0),
        "predictor_hop_length": (
            predictor.rate if predictor else facts.get("predictor_hop_length", 0)
        ),
    }
    for name, expected in facts.items():
        if found[name] != expected:
            raise ModelFileError(
                "MODEL_CONFIG",
                f"the signature says {name} = {found[name]}, the weights give {expected}.",
                _WRITE_AGAIN,
            )


def _check_style(model: ModelFile) -> None:
    if model.style is None:
        return
    port = model.signature.port("style")
    count, numbers = model.style.projection.shape[:1], model.style.mean.shape[:1]
    check_array("style/mean", model.style.mean, numbers)
    check_array("style/projection", model.style.projection, count + numbers)
    if port is None or count != (port.channels,) or port.channels > limits.STYLE_NUMBERS:
        raise ModelFileError(
            "MODEL_CONFIG",
            f"the style projection gives {count} numbers, the signature's style port takes "
            f"{port.channels if port else 'none'}, the most is {limits.STYLE_NUMBERS}.",
            _WRITE_AGAIN,
        )
