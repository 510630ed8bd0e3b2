"""Colours whose steps look even: lightness rises in a straight line in OKLab (Ottosson, 2020)."""

import numpy as np
from numpy.typing import NDArray

Colour = tuple[float, float, float]

PAPER: Colour = (0.985, 0.982, 0.975)
INK: Colour = (0.20, 0.21, 0.27)
FAINT: Colour = (0.86, 0.86, 0.87)

BLUE: Colour = (0.25, 0.37, 0.66)
SOFT_BLUE: Colour = (0.40, 0.51, 0.76)
PALE_BLUE: Colour = (0.70, 0.77, 0.89)
AMBER: Colour = (0.80, 0.50, 0.13)
ROSE: Colour = (0.72, 0.27, 0.38)
GREEN: Colour = (0.24, 0.52, 0.36)
GREY: Colour = (0.60, 0.61, 0.64)

_FIRST_HUE_DEGREES = 265.0
_EVEN_CHROMA = 0.10
_EVEN_ODD_LIGHTNESS = (0.62, 0.76)

# From lightness, chroma and hue in degrees: night blue, violet, rose, amber, pale straw.
_LIGHTNESS = (0.15, 0.98)
_SHADES = 512
_STOPS = np.linspace(0.0, 1.0, 6)
_CHROMA = (0.045, 0.135, 0.185, 0.185, 0.160, 0.055)
_HUE_DEGREES = (275.0, 290.0, 345.0, 395.0, 435.0, 460.0)

_OKLAB_TO_LMS = np.array(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.2914855480],
    ]
)
_LMS_TO_LINEAR = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


def dusk(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Colours [..., 3] from 0 to 1 for ``values`` [...] from 0 (night) to 1 (straw)."""
    shades = np.rint(np.clip(values, 0.0, 1.0) * (_SHADES - 1)).astype(np.int64)
    colours: NDArray[np.float64] = _DUSK[shades]
    return colours


def _path() -> NDArray[np.float64]:
    """The map's colours [shades, 3]: a straight line in lightness, a curve in chroma and hue."""
    levels = np.linspace(0.0, 1.0, _SHADES)
    lightness = _LIGHTNESS[0] + (_LIGHTNESS[1] - _LIGHTNESS[0]) * levels
    chroma = np.interp(levels, _STOPS, _CHROMA)
    hue = np.radians(np.interp(levels, _STOPS, _HUE_DEGREES))
    return srgb(np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], axis=-1))


def srgb(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """OKLab [..., 3] as screen colours, clipped to what a screen can show."""
    linear = np.clip((lab @ _OKLAB_TO_LMS.T) ** 3 @ _LMS_TO_LINEAR.T, 0.0, 1.0)
    curved: NDArray[np.float64] = np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055
    )
    return curved


def different(count: int) -> tuple[Colour, ...]:
    """So many colours that the eye tells apart, all of one lightness; more than 12 are close."""
    hues = np.radians(_FIRST_HUE_DEGREES + np.arange(count) * 360.0 / max(count, 1))
    lightness = np.where(np.arange(count) % 2 == 0, *_EVEN_ODD_LIGHTNESS)
    lab = np.stack([lightness, _EVEN_CHROMA * np.cos(hues), _EVEN_CHROMA * np.sin(hues)], axis=-1)
    return tuple((float(r), float(g), float(b)) for r, g, b in srgb(lab))


_DUSK = _path()
