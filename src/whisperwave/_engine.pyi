"""The C++ engine's border (`engine/python/engine_ext.cpp`). Arrays must be contiguous."""

from collections.abc import Mapping
from typing import final

import numpy as np
from numpy.typing import NDArray

@final
class WavenetModel:
    """Packed, immutable weights, shared by any number of streams."""

    def __init__(
        self,
        config: dict[str, int],
        dilations: list[int],
        weights: Mapping[str, NDArray[np.float32]],
        class_values: NDArray[np.float32],
        limit: float,
        deemphasis: float,
        silence: int,
        precision: str,
        isa: str,
    ) -> None: ...
    @property
    def precision(self) -> str: ...
    @property
    def isa(self) -> str: ...
    @property
    def bytes_per_sample(self) -> int: ...
    @property
    def receptive_field(self) -> int: ...
    @property
    def multiply_adds(self) -> int: ...

@final
class WavenetStream:
    """All that changes while one stream plays. A second thread inside is refused."""

    def __init__(
        self,
        model: WavenetModel,
        condition: NDArray[np.float32],
        temperature: float,
        top_k: int,
        top_p: float,
        centring: float,
        seed: int,
        stream: int,
    ) -> None: ...
    def prime(self, samples: NDArray[np.int32] | NDArray[np.float32]) -> None: ...
    def process(self, out: NDArray[np.float32]) -> None: ...
    def predict(
        self, samples: NDArray[np.int32] | NDArray[np.float32], predictions: NDArray[np.float32]
    ) -> None: ...
    def steer(self, condition: NDArray[np.float32]) -> None: ...
    def reset(self) -> None: ...

@final
class WavenetEnsemble:
    """Streams of one model side by side: one read of the weights for all, by several threads."""

    def __init__(self, model: WavenetModel, capacity: int, threads: int) -> None: ...
    def process(self, streams: list[WavenetStream], out: NDArray[np.float32]) -> None: ...

@final
class ConvnetModel:
    """Packed, immutable weights of a feed-forward network."""

    def __init__(
        self,
        config: dict[str, int],
        dilations: list[int],
        weights: Mapping[str, NDArray[np.float32]],
        precision: str,
        isa: str,
    ) -> None: ...
    @property
    def precision(self) -> str: ...
    @property
    def isa(self) -> str: ...
    @property
    def bytes_per_frame(self) -> int: ...
    @property
    def receptive_field(self) -> int: ...

@final
class ConvnetStream:
    """What one feed-forward stream remembers. A second thread inside is refused."""

    def __init__(self, model: ConvnetModel, condition: NDArray[np.float32]) -> None: ...
    def process(self, frames: NDArray[np.float32], out: NDArray[np.float32]) -> None: ...
    def steer(self, condition: NDArray[np.float32]) -> None: ...
    def reset(self) -> None: ...

@final
class AllPole:
    """A filter that puts back what linear prediction took; used by one thread at a time."""

    def __init__(self, order: int) -> None: ...
    def process(
        self, samples: NDArray[np.float32], coefficients: NDArray[np.float64], size: float
    ) -> None: ...
    def prime(self, samples: NDArray[np.float32]) -> None: ...
    def reset(self) -> None: ...

def instruction_sets() -> list[str]:
    """The instruction sets that run here, slowest first."""

def measure_memory_read(isa: str, bytes: int, seconds: float) -> float:
    """Bytes per second of one thread reading a block of ``bytes`` again and again."""

def measure_arithmetic(isa: str, precision: str, seconds: float) -> float:
    """Multiply-adds per second of one thread, from registers."""

def philox4x32(counter: tuple[int, ...], key: tuple[int, ...]) -> list[int]:
    """Ten rounds of Philox, for the golden vectors."""
