"""A take: one style, one setting, one seed. The starter's takes and the training's never meet."""

from dataclasses import fields, replace
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from foley import INSTRUMENTS, STYLES, sampler
from foley.noise import Array

STARTER, TRAINING = 0, 1  # the second word of a seed: keeps the two families apart


def maker(style: str) -> ModuleType:
    """The module that makes `style`."""
    folder = "instruments" if style in INSTRUMENTS else "textures"
    return import_module(f"foley.{folder}.{style.replace('-', '_')}")


def generator(style: str, family: int, number: int) -> np.random.Generator:
    """The take's own random numbers: the same for the same three words, else independent."""
    return np.random.default_rng([STYLES.index(style), family, number])


def render(
    style: str, setting: Any, rng: np.random.Generator, seconds: float, sample_rate: int
) -> Array:
    """The raw take [2, T], before mastering."""
    made = maker(style)
    if style in INSTRUMENTS:
        return sampler.play(made.score(setting, rng, seconds), seconds, sample_rate)
    audio: Array = made.render(setting, rng, seconds, sample_rate)
    return audio


def drawn_setting(style: str, rng: np.random.Generator) -> Any:
    """A setting somewhere between two of the style's variants, for training takes."""
    variants = [setting for _, setting in maker(style).VARIANTS]
    first, second = rng.choice(len(variants), 2, replace=False)
    return between(variants[first], variants[second], rng)


def between(first: Any, second: Any, rng: np.random.Generator) -> Any:
    """Each field drawn between two settings: numbers on a logarithmic scale, words either one."""
    names = [field.name for field in fields(first)]
    return replace(first, **{n: _drawn(getattr(first, n), getattr(second, n), rng) for n in names})


def _drawn(first: Any, second: Any, rng: np.random.Generator) -> Any:
    if isinstance(first, str):
        return first if rng.random() < 0.5 else second
    value = np.exp(rng.uniform(*np.log(sorted((first, second)))))
    return round(value) if isinstance(first, int) and isinstance(second, int) else float(value)
