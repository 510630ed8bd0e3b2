"""A sound told to a model as training tells it: its style or class, its outline."""

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp import pitch_controls
from whisperwave.errors import EngineError
from whisperwave.generation.outline import outline_of
from whisperwave.generation.style import style_of
from whisperwave.modelfile import ModelFile
from whisperwave.runtimes import Guide, Runtime, Sampling

Floats = NDArray[np.float32]


def guide_along(runtime: Runtime, file: ModelFile, audio: Floats, group: str) -> Guide:
    """What the model would be told of a sound, from its first sample to its last.

    Args:
        runtime: that plays the model.
        file: of the model.
        audio: ``[T]``, or ``[C, T]`` of which the mean is told, at its rate.
        group: the sound's class, for a model that is told one by name.

    Raises:
        EngineError: ``UNKNOWN_CLASS``, the model was not told of this one.
    """
    audio = audio if audio.ndim == 1 else np.asarray(audio.mean(axis=0), np.float32)
    port, controls, lags = file.signature.port("control"), None, None
    if port and port.name == pitch_controls.NAME:
        rate = file.signature.sample_rate
        controls = pitch_controls.pitch_controls(audio, rate, port.rate)
    elif port:
        outline = outline_of(audio, file.signature)
        controls, lags = outline.mel, outline.predicting
    return runtime.guide(_style(file, audio, group), controls, lags)


def play_along(
    runtime: Runtime, file: ModelFile, audio: Floats, group: str, seed: int = 0
) -> Floats:
    """Let a model play ``[T]``, or ``[C, T]``, along a sound of either shape and in its style."""
    session = runtime.session(guide_along(runtime, file, audio, group), Sampling(), seed)
    length = audio.shape[-1]
    shape = (session.channels, length) if session.channels > 1 else length
    out = np.empty(shape, np.float32)
    session.process(out)
    return out


def _style(file: ModelFile, audio: Floats, group: str) -> Floats | None:
    if file.signature.port("style") is None:
        return None
    classes = file.features.get("style", {}).get("classes")
    if classes is not None:
        if group not in classes:
            raise EngineError(
                "UNKNOWN_CLASS", f"the model knows no class {group!r}.",
                f"It knows {', '.join(classes[:8])}; name the sub-folders like that.",
            )  # fmt: skip
        return np.asarray([each == group for each in classes], np.float32)
    if file.style is None:
        raise EngineError(
            "UNKNOWN_STYLE", "the model does not say how a style is taken of a sound.",
            "Train it again, or evaluate another.",
        )  # fmt: skip
    return style_of(audio, file.signature.sample_rate, file.style)
