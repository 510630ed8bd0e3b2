"""An instrument: a model file made ready to play, and the name it goes by."""

from dataclasses import dataclass
from pathlib import Path

from whisperwave import modelfile, runtimes
from whisperwave.dsp import pitch_controls, prediction
from whisperwave.dsp.features import mel
from whisperwave.errors import EngineError
from whisperwave.generation.shipped import find_model, shipped_models
from whisperwave.library.display import stored
from whisperwave.modelfile import ModelFile
from whisperwave.runtimes import Runtime

THREADS = 1
_FEATURES = {
    "mel": mel.SETTINGS,
    pitch_controls.NAME: pitch_controls.SETTINGS,
    "autocorrelation": prediction.SETTINGS,
}
_LONGEST_NAME = 64
LOWEST_RATE = 1_000  # of sound, in Hz


@dataclass(frozen=True)
class Instrument:
    """A loaded model; ``name`` is a shipped model's, or that of its training, never a path."""

    name: str
    digest: str
    file: ModelFile
    runtime: Runtime

    @property
    def sample_rate(self) -> int:
        """The rate the model works at, in Hz."""
        return self.file.signature.sample_rate

    @property
    def identity(self) -> str:
        """Name and digest, short enough for a tag."""
        return f"{self.name}@{self.digest[:12]}"


def ready(
    model: str | Path, backend: str = "native", isa: str = "auto", precision: str = "auto"
) -> Instrument:
    """Load a shipped model, by its name, or a model file, by its path.

    Raises:
        ModelFileError: unknown, damaged or hostile.
        EngineError: the backend or instruction set is not available on this machine;
            ``NO_PRECISION``, the model file does not offer it.
    """
    file, verification = modelfile.read_verified(find_model(model))
    check_sounding(file)
    check_features(file)
    runtime = runtimes.load(file, backend, isa, precision)
    return Instrument(_name(model, file), verification.digest, file, runtime)


def _name(model: str | Path, file: ModelFile) -> str:
    """What a model is called; one that was given no name goes by its family."""
    if str(model) in shipped_models():
        return str(model)
    given = file.provenance.get("name")
    words = stored(given).split() if isinstance(given, str) else []
    return "-".join(words)[:_LONGEST_NAME] or file.family


def check_sounding(file: ModelFile) -> None:
    """Refuse a model that plays no sound.

    Raises:
        EngineError: ``NOT_SOUND``.
    """
    signature = file.signature
    if signature.sample_rate < LOWEST_RATE or not all(
        port.role == "audio" for port in signature.outputs
    ):
        raise EngineError(
            "NOT_SOUND",
            f"this model gives {', '.join(port.role for port in signature.outputs)} at "
            f"{signature.sample_rate} Hz, and no sound.",
            "A model of text writes with generate-text.",
        )


def check_features(file: ModelFile) -> None:
    """Refuse a model that was told other numbers of a sound than we would tell it.

    Raises:
        EngineError: ``OTHER_FEATURES``.
    """
    for name, ours in _FEATURES.items():
        theirs = file.features.get(name, ours)
        if theirs != ours:
            raise EngineError(
                "OTHER_FEATURES",
                f"the model was told {name} features of {theirs}; ours are {ours}.",
                "Play it with the version of whisperwave that made it, or train it again.",
            )
