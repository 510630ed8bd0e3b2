"""Crops of sounds that are changed a little each time they are heard.

A stretch of sound around the crop is changed, and everything that a network is given is taken from
what came out: the samples that it foretells and its style from the ``target``, the controls that it
is told from the ``input``, which is the same sound unless a change is of one side alone.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets import Excerpt, Sounds
from whisperwave.datasets.augmenting import Augmentation, Chain, Draw, Pair, chain
from whisperwave.errors import ConfigError
from whisperwave.shapes import Signature
from whisperwave.training.material import coding, outlines
from whisperwave.training.material.coding import Reach, Samples
from whisperwave.training.material.styles import Styles

Floats = NDArray[np.float32]

_OF_BOTH = "pitch_shift"  # a sound that is faster than its outline has nothing to do with it


@dataclass(frozen=True)
class Changed:
    """A stretch of sound, changed, and where in it the crop begins."""

    pair: Pair
    start: int
    signature: Signature
    styles: Styles | None
    style_samples: int
    is_target_changed: bool

    def samples(self, stop: int) -> Samples:
        """What the network foretells, from the crop's first sample to the one before ``stop``."""
        first, last = self.start, self.start + stop
        return coding.stretch(self._target, self.pair.samples, first, last, self.signature)

    def controls(self, length: int) -> Floats:
        """What it is told of a crop of so many samples and the one after them, ``[K, F]``."""
        (port,) = [each for each in self.signature.inputs if each.role == "control"]
        first = self.start // port.rate
        stop = first + 1 + length // port.rate
        rate = self.signature.sample_rate
        return outlines.frames_of(self._input, self.pair.samples, first, stop, port, rate)

    def style(self, length: int) -> Floats:
        """The texture of the sound around a crop of so many samples, ``[G]``."""
        if self.styles is None:
            raise AssertionError("the network is told no texture")
        first = max(0, self.start + (length - self.style_samples) // 2)
        heard = outlines.mono(self._target(first, first + self.style_samples))
        return self.styles.of(heard, self.signature.sample_rate)

    @property
    def tells_style(self) -> bool:
        """Whether its style is another than its excerpt's."""
        return self.styles is not None and self.is_target_changed

    def _input(self, start: int, stop: int) -> Floats:
        return self.pair.input[:, start:stop]

    def _target(self, start: int, stop: int) -> Floats:
        return self.pair.target[:, start:stop]


@dataclass(frozen=True)
class Augmenter:
    """Changes what a crop is cut from; the same crop of the same run always in the same way.

    Args:
        sounds: to cut from.
        steps: what may happen.
        signature: what a network is given.
        styles: where it is told a texture; None where it is told a class, or nothing.
        style_seconds: the length of the sound that a texture is taken from.
    """

    sounds: Sounds
    steps: Chain
    signature: Signature
    styles: Styles | None
    style_seconds: float

    def __call__(self, excerpt: Excerpt, start: int, length: int, draw: Draw) -> Changed | None:
        """What is heard in place of ``length`` samples and the one after them.

        None where nothing happens to them this time, or where the excerpt is too short for what
        would.
        """
        if not self.steps.happens(draw):
            return None
        low, high = self._around(excerpt, start, length)
        heard = np.atleast_2d(self.sounds.part(excerpt, low, high))
        pair = self.steps(Pair(heard, heard), self.sounds.sample_rate, draw)
        spare, left = high - low - length - 1, pair.samples - length - 1
        if left < 0:
            return None
        place = left * (start - low) // spare if spare else 0
        place -= place % self._reach.grid
        changes = pair.target is not heard
        return Changed(pair, place, self.signature, self.styles, self._style_samples, changes)

    def _around(self, excerpt: Excerpt, start: int, length: int) -> tuple[int, int]:
        """From where to where the excerpt is needed, the crop about in the middle."""
        reach, rate = self._reach, self.sounds.sample_rate
        told = self._style_samples if self.styles and self._reaches_target else 0
        wanted = max(reach.before + length + 1 + reach.after, told)
        spoilt = self.steps.spoilt(rate)
        beside = (self.steps.needed(wanted, rate) - length - 1) // 2 + spoilt + reach.grid
        low = max(0, start - max(beside, reach.before)) // reach.grid * reach.grid
        high = start + length + 1 + max(beside, reach.after)
        return low, min(excerpt.stop - excerpt.start, high)

    @property
    def _reaches_target(self) -> bool:
        return any(step.side != "input" for step in self.steps.active)

    @property
    def _style_samples(self) -> int:
        return round(self.style_seconds * self.sounds.sample_rate)

    @property
    def _reach(self) -> Reach:
        """What samples and controls depend on, both."""
        coded, port = coding.reach_of(self.signature), self.signature.port("control")
        if port is None:
            return coded
        told = outlines.reach_of(port, self.signature.sample_rate)
        return Reach(
            max(coded.before, told.before),
            max(coded.after, told.after),
            math.lcm(coded.grid, told.grid),
        )


def augmentation(settings: Mapping[str, Any], signature: Signature) -> Chain:
    """The changes that may happen to what a network with such a signature learns from.

    Raises:
        ConfigError: ``UNKNOWN_NAME``, ``BAD_SETTINGS`` or ``OUT_OF_RANGE``: there is no such
            change, it cannot be so, or it would part what must belong together.
    """
    if "crop" in settings:
        raise ConfigError(
            "BAD_SETTINGS", f"augmentation.crop={settings['crop']!r}: a run cuts crops itself.",
            "Leave it out, and say how long they are with data.crop=N.",
        )  # fmt: skip
    steps = chain(settings)
    for name, step in zip(settings, steps.steps, strict=True):
        if step.probability > 0.0:
            _check_side(name, step, signature)
    return steps


def _check_side(name: str, step: Augmentation, signature: Signature) -> None:
    """Refuse a change of one side where there is only one, or where it parts them in time."""
    if step.side == "both":
        return
    if name == _OF_BOTH:
        why = "one side would run faster than the other"
    elif signature.port("control") is None:
        why = "this network is told nothing of the sound, so that input and target are one"
    else:
        return
    raise ConfigError(
        "BAD_SETTINGS", f"augmentation.{name}.side={step.side}: {why}.",
        f"Use augmentation.{name}.side=both, or augmentation.{name}.probability=0.",
    )  # fmt: skip
