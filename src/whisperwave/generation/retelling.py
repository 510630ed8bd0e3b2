"""A sound told to a model as training tells it: its style or class, its outline."""

import numpy as np
from numpy.typing import NDArray

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
        audio: ``[T]`` at its rate.
        group: the sound's class, for a model that is told one by name.

    Raises:
        EngineError: ``UNKNOWN_CLASS``, the model was not told of this one.
    """
    controls = lags = None
    if file.signature.port("control"):
        outline = outline_of(audio, file.signature)
        controls, lags = outline.mel, outline.predicting
    return runtime.guide(_style(file, audio, group), controls, lags)


def play_along(
    runtime: Runtime, file: ModelFile, audio: Floats, group: str, seed: int = 0
) -> Floats:
    """Let a model play ``[T]`` along the outline of a sound ``[T]`` and in its style."""
    out = np.empty(len(audio), np.float32)
    runtime.session(guide_along(runtime, file, audio, group), Sampling(), seed).process(out)
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
