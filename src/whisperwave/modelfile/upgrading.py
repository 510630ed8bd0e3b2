"""Older formats, read as if they were of this one: in memory only, the file stays as it is."""

from typing import Any

from whisperwave.errors import ModelFileError


def upgraded(header: dict[str, Any]) -> dict[str, Any]:
    """The metadata of an older format with what the newer ones added.

    Format 2 added calibration, and the precisions that a model may be played in beside float32.

    Raises:
        ModelFileError: ``MODEL_SCHEMA``, it holds already what its format does not have.
    """
    if header["format"] > 1:
        return header
    calibration = any(name.startswith("calibration/") for name in header["tensors"])
    if calibration or "precisions" in header["model"]:
        raise ModelFileError(
            "MODEL_SCHEMA",
            "the file is of format 1, but holds calibration or precisions, which format 2 added.",
            "The file is damaged or not written to docs/reference/model-file.md; get it again.",
        )
    return header | {"model": header["model"] | {"precisions": {}}}
