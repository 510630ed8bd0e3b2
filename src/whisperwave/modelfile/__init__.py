"""The trained model file: one safetensors with its description, its digests and its exam."""

from whisperwave.modelfile.exam import deviations, grade
from whisperwave.modelfile.model import PRECISIONS, Cost, Exam, ModelFile, StyleProjection
from whisperwave.modelfile.reading import Verification, read, read_verified, verify
from whisperwave.modelfile.writing import digest, encode, write

__all__ = [
    "ModelFile",
    "Exam",
    "StyleProjection",
    "Cost",
    "PRECISIONS",
    "Verification",
    "write",
    "encode",
    "read",
    "read_verified",
    "verify",
    "digest",
    "grade",
    "deviations",
]
