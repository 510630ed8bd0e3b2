from typing import Any

import numpy as np
import pytest

from whisperwave.reports import colours


def test_colours_grow_lighter_in_even_steps() -> None:
    shades = colours.dusk(np.linspace(0, 1, 101))
    linear = np.where(shades <= 0.04045, shades / 12.92, ((shades + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    lightness: Any = np.diff(116 * np.cbrt(luminance) - 16)
    assert lightness.min() > 0
    assert lightness.max() < 3 * np.median(lightness)


@pytest.mark.parametrize("count", [1, 2, 5, 12])
def test_different_colours_are_told_apart(count: int) -> None:
    shades = np.array(colours.different(count))
    assert shades.shape == (count, 3)
    assert ((shades >= 0) & (shades <= 1)).all()
    apart = np.linalg.norm(shades[:, None] - shades[None], axis=-1) + 9 * np.eye(count)
    assert apart.min() > 0.08
