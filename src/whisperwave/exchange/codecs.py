"""How the classes of other projects stand for sound.

They all compress by the curve of µ-law and differ in how they cut it into classes; a model plays
rightly only with the cut that it was trained on, so the model file keeps that.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.companding import expand

ROUNDING, PYTORCH_WAVENET = "mulaw", "pytorch-wavenet"
NAMES = (ROUNDING, PYTORCH_WAVENET)


def codec(name: str, classes: int) -> dict[str, Any]:
    """The codec of a signature.

    Args:
        name: ``mulaw`` rounds, as we do, tensorflow-wavenet and most others; ``pytorch-wavenet``
            takes the curve of µ = classes, cuts it into classes - 1 equal parts whose class is the
            one below, and decodes by classes equal parts. So silence comes back as -1.7e-4, and
            what it encodes of its own output drifts; that is how its networks hear and sound.
        classes: how many there are.
    """
    if name == ROUNDING:
        return {"name": "mulaw", "levels": classes, "preemphasis": 0.0}
    lower = np.arange(1, classes) * 2.0 / (classes - 1) - 1.0
    values = np.arange(classes) * 2.0 / classes - 1.0
    return {
        "name": "classes",
        "levels": classes,
        "preemphasis": 0.0,
        "values": _amplitudes(values, classes),
        "edges": _amplitudes(lower, classes),
    }


def _amplitudes(compressed: NDArray[np.float64], mu: int) -> list[float]:
    return [float(value) for value in np.clip(expand(compressed, mu), -1.0, 1.0)]
