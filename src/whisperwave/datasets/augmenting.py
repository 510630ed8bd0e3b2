"""Sounds changed a little each time they are heard, so that a model learns what does not matter.

What is heard and what is to be made of it are changed together and stay aligned, sample by sample.
Nothing is drawn from a generator that remembers: what happens to a crop follows from the seed of
the run, the epoch and the number of the crop, wherever and whenever it is cut.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from whisperwave import registry
from whisperwave.errors import ConfigError, check_within

Sound = NDArray[np.float32]
Side = Literal["both", "input", "target", "each"]

_SIDES = ("both", "input", "target", "each")


@dataclass(frozen=True)
class Pair:
    """What a model hears and what it is to make of it, ``[C, T]`` each, of one length."""

    input: Sound
    target: Sound

    def __post_init__(self) -> None:
        if self.input.shape[-1] != self.target.shape[-1]:
            raise ConfigError(
                "BAD_PAIR",
                f"{self.input.shape[-1]} samples of input, {self.target.shape[-1]} of target.",
                "Cut both from the same place.",
            )

    @property
    def samples(self) -> int:
        """How long both are."""
        return int(self.input.shape[-1])


@dataclass(frozen=True)
class Draw:
    """Where in a run something is drawn: the same place gives the same numbers."""

    seed: int
    epoch: int
    position: int

    def generator(self, place: int) -> np.random.Generator:
        """Numbers for one step of a chain (Philox, by key and counter)."""
        key = np.array([self.seed, place], np.uint64)
        counter = np.array([0, 0, self.epoch, self.position], np.uint64)
        return np.random.Generator(np.random.Philox(key=key, counter=counter))


@dataclass(frozen=True)
class Augmentation(ABC):
    """One kind of change.

    Attributes:
        probability: how often it happens.
        side: ``both`` in the same way, ``input`` or ``target`` alone, or ``each`` in its own way.
    """

    probability: float = 1.0
    side: Side = "both"

    def __post_init__(self) -> None:
        check_within("probability", self.probability, 0.0, 1.0, "of all")
        if self.side not in _SIDES:
            raise ConfigError(
                "BAD_SETTINGS", f"side={self.side!r} is unknown.", f"Use {', '.join(_SIDES)}."
            )

    def happens(self, draw: np.random.Generator) -> bool:
        """Whether it happens this time: the first that is drawn."""
        return draw.random() < self.probability

    def __call__(self, pair: Pair, sample_rate: int, draw: np.random.Generator) -> Pair:
        """The pair, changed or not."""
        if not self.happens(draw):
            return pair
        how = self.drawn(draw)
        heard, wanted = pair.input, pair.target
        if heard is wanted and self.side == "both":  # one sound: changed once
            same = self.changed(heard, sample_rate, how)
            return Pair(same, same)
        if self.side != "target":
            heard = self.changed(heard, sample_rate, how)
        if self.side == "each":
            how = self.drawn(draw)
        if self.side != "input":
            wanted = self.changed(wanted, sample_rate, how)
        length = min(heard.shape[-1], wanted.shape[-1])
        return Pair(heard[..., :length], wanted[..., :length])

    def needed(self, samples: int, sample_rate: int) -> int:
        """How many samples must go in for at least ``samples`` to come out."""
        del sample_rate  # only a few kinds need more
        return samples

    def spoilt(self, sample_rate: int) -> int:
        """How many samples at either end may be none of the sound's own."""
        del sample_rate  # only a few kinds spoil any
        return 0

    @abstractmethod
    def drawn(self, draw: np.random.Generator) -> Any:
        """How much, this time."""

    @abstractmethod
    def changed(self, sound: Sound, sample_rate: int, how: Any) -> Sound:
        """The sound ``[C, T]``, changed in that way; the same way gives the same change."""


@dataclass(frozen=True)
class Chain:
    """Changes one after another."""

    steps: tuple[Augmentation, ...]

    def __call__(self, pair: Pair, sample_rate: int, draw: Draw) -> Pair:
        """The pair after all of them."""
        for place, step in enumerate(self.steps):
            pair = step(pair, sample_rate, draw.generator(place))
        return pair

    def happens(self, draw: Draw) -> bool:
        """Whether any of them happens at such a place of a run."""
        return any(step.happens(draw.generator(place)) for place, step in enumerate(self.steps))

    def needed(self, samples: int, sample_rate: int) -> int:
        """How many samples must go in for at least ``samples`` to come out."""
        for step in reversed(self.active):
            samples = step.needed(samples, sample_rate)
        return samples

    def spoilt(self, sample_rate: int) -> int:
        """How many samples at either end may be none of the sound's own."""
        return sum(step.spoilt(sample_rate) for step in self.active)

    @property
    def active(self) -> tuple[Augmentation, ...]:
        """The changes that may happen at all."""
        return tuple(step for step in self.steps if step.probability > 0.0)


def chain(settings: Mapping[str, Mapping[str, Any]]) -> Chain:
    """The changes that some settings name, in their order.

    Raises:
        ConfigError: ``UNKNOWN_NAME`` or ``BAD_SETTINGS``.
    """
    room = "datasets.augmentation"
    return Chain(
        tuple(registry.find(room, name).build(values) for name, values in settings.items())
    )


def check_range(name: str, low: float, high: float, least: float, most: float, unit: str) -> None:
    """Refuse a range that is the wrong way round or reaches too far.

    Raises:
        ConfigError: ``OUT_OF_RANGE``.
    """
    check_within(f"low {name}", low, least, most, unit)
    check_within(f"high {name}", high, low, most, unit)


def more(samples: int, factor: float) -> int:
    """So many times as many samples, rounded up, and a few for the rounding of a resampler."""
    return ceil(samples * factor) + 2
