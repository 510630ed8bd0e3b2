"""The trained model file: one safetensors with its description, its digests and its exam."""

from whisperwave.modelfile.exam import grade
from whisperwave.modelfile.model import Exam, ModelFile, StyleProjection
from whisperwave.modelfile.reading import Verification, read, verify
from whisperwave.modelfile.writing import digest, write

__all__ = [
    "ModelFile",
    "Exam",
    "StyleProjection",
    "Verification",
    "write",
    "read",
    "verify",
    "digest",
    "grade",
]
