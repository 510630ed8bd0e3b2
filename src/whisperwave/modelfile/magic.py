"""Foreign formats by their first bytes, so that a refusal can say what the file really is."""

from whisperwave.errors import ModelFileError

_PICKLE = (
    "Pickle can run code when it is opened, so it is not. If it holds a WaveNet, take that out "
    "with whisperwave import; otherwise ask its maker for a safetensors file."
)
_FOREIGN = (
    (b"PK\x03\x04", "a zip archive (PyTorch checkpoint, TorchScript or Keras)", _PICKLE),
    (b"\x80\x02", "a Python pickle", _PICKLE),
    (b"\x80\x03", "a Python pickle", _PICKLE),
    (b"\x80\x04", "a Python pickle", _PICKLE),
    (b"\x80\x05", "a Python pickle", _PICKLE),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _PICKLE),
    (b"\x1f\x8b", "a gzip archive", "Unpack it first."),
    (b"\x89HDF", "an HDF5 file", "Ask its maker for a WhisperWave model file."),
    (b"GGUF", "a GGUF file", "Ask its maker for a WhisperWave model file."),
    (b"RIFF", "a sound file", "Add it to the library instead: whisperwave library add."),
    (b"fLaC", "a sound file", "Add it to the library instead: whisperwave library add."),
    (b"OggS", "a sound file", "Add it to the library instead: whisperwave library add."),
)


def refuse_foreign(start: bytes) -> None:
    """Raise ``MODEL_FOREIGN`` if ``start`` opens a file of a known other kind.

    The file is never parsed as that kind, and there is no fallback that would.
    """
    for signature, kind, remedy in _FOREIGN:
        if start.startswith(signature):
            raise ModelFileError("MODEL_FOREIGN", f"the file is {kind}, not a model file.", remedy)
