"""An opening: what an instrument hears before a piece, and what the piece is steered by."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import ConfigError, EngineError
from whisperwave.generation.instrument import Instrument
from whisperwave.generation.level import picks_lufs
from whisperwave.generation.material import Material
from whisperwave.generation.priming import in_channels, prime_of
from whisperwave.generation.steering import Steering, steering_of

Floats = NDArray[np.float32]

TRAINED_LUFS = -20.0  # nearly: what a model is trained on is levelled to -20 dBFS


@dataclass(frozen=True, eq=False)
class Opening:
    """The prime at the model's rate, ``[T]`` or ``[C, T]``, and the steering.

    ``loudness_lufs`` is what the piece will have, or nearly, where no outline tells that.
    """

    prime: Floats
    steering: Steering
    loudness_lufs: float


def opening_of(instrument: Instrument, materials: Sequence[Material], seed: int) -> Opening:
    """Begin with a slice of each pick, and go on towards all of them.

    Raises:
        EngineError: ``OTHER_CONTROLS``, no outline can be composed for the model;
            ``TWO_CHANNELS``, nor for one that plays two channels.
    """
    channels = instrument.file.signature.outputs[0].channels
    port = instrument.file.signature.port("control")
    if port is not None and port.name != "mel":
        raise EngineError(
            "OTHER_CONTROLS",
            f"{instrument.name} is played by {port.name}, which clips cannot be composed of yet.",
            "Let it play along a sound: whisperwave evaluate model MODEL --data FOLDER "
            "--listening FOLDER.",
        )
    if port is not None and channels > 1:
        raise EngineError(
            "TWO_CHANNELS",
            f"{instrument.name} plays {channels} channels along an outline, which can be composed "
            "for one channel only.",
            "Train it without an outline: model.control_channels=0.",
        )
    rate, field = instrument.sample_rate, instrument.file.signature.receptive_field
    prime = prime_of(materials, rate, field, seed)
    steering = steering_of(instrument, materials, prime, seed)
    told = steering.composition is not None
    prime = in_channels(prime, channels)
    return Opening(prime, steering, 0.0 if told else picks_lufs(materials, rate))


def opening_of_class(instrument: Instrument, name: str) -> Opening:
    """Begin with silence, and go on towards a class by its name alone.

    Args:
        instrument: a model of classes; or one that takes no style, if ``name`` is empty.
        name: of the class.

    Raises:
        ConfigError: ``UNKNOWN_CLASS``.
        EngineError: ``CLIPS_NEEDED``, the model has to be told an outline.
    """
    file, runtime = instrument.file, instrument.runtime
    if file.signature.port("predictor"):
        raise EngineError(
            "CLIPS_NEEDED",
            f"{instrument.name} plays excitations, which the outline of a clip has to filter.",
            "Pick clips: --input 3 7 12.",
        )
    guide = runtime.guide(_one_hot(instrument, name))
    channels = file.signature.outputs[0].channels
    silence = np.zeros(file.signature.receptive_field, np.float32)
    prime = in_channels(silence, channels)
    return Opening(prime, Steering(_one_hot(instrument, name), guide), TRAINED_LUFS)


def classes_of(instrument: Instrument) -> tuple[str, ...]:
    """The classes that a model knows by their names."""
    return tuple(instrument.file.features.get("style", {}).get("classes", ()))


def _one_hot(instrument: Instrument, name: str) -> Floats | None:
    classes = classes_of(instrument)
    if not name and instrument.file.signature.port("style") is None:
        return None
    if name not in classes:
        near = difflib.get_close_matches(name, classes) or classes
        raise ConfigError(
            "UNKNOWN_CLASS",
            f"{instrument.name} knows no class {name!r}.",
            f"It knows {', '.join(near)}." if near else "It takes clips: --input 3 7 12.",
        )
    return np.asarray([each == name for each in classes], np.float32)
