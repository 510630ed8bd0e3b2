"""What every way to generate can be asked."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class Way(ABC):
    """One way to generate, at rest in silence when it is made."""

    name: str
    precision = "float32"
    threads = 1
    streams = 1
    needs_whole_window = False
    """It cannot say what follows fewer samples than the receptive field."""

    @abstractmethod
    def generate(self, samples: int) -> None:
        """Generate so many samples of every stream, and throw them away."""

    @abstractmethod
    def logits(self, classes: Sequence[int]) -> NDArray[np.float32]:
        """What the last ``n`` of the classes foretell, [n, A]; a whole window foretells one."""

    def is_consistent(self) -> bool:
        """Does each of many streams play what it plays alone, on one thread?"""
        return True
