"""Two channels as their middle and their difference, and back.

Left and right of a recording are alike, middle and difference are not: of two equally loud channels
they are uncorrelated. A network that draws each by itself keeps how left and right belong together.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def mid_side(audio: Floats) -> Floats:
    """``[2, T]`` left and right as ``[2, T]`` middle and half the difference, in the same range."""
    left, right = audio
    return np.stack([0.5 * (left + right), 0.5 * (left - right)]).astype(np.float32)


def left_right(audio: Floats) -> Floats:
    """The inverse of `mid_side`."""
    middle, side = audio
    return np.stack([middle + side, middle - side]).astype(np.float32)
