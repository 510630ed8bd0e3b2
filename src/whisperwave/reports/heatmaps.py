"""Pictures of many spectra at once: a row for each name, its levels as colours."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from whisperwave.reports import axes, colours
from whisperwave.reports.axes import Frame
from whisperwave.reports.canvas import Canvas
from whisperwave.reports.scales import Scale
from whisperwave.reports.shares import shortened

Floats = NDArray[np.float64]

_WIDTH, _LEFT, _TOP, _RIGHT, _BOTTOM = 1000, 220, 34, 110, 58
_ROW, _GAP, _LETTER = 24, 2, 10.0
_SCALE_LEFT, _SCALE_WIDTH, _LEAST_HEIGHT = 28, 16, 110
_RANGE_DB = 60.0


def spectra(levels_db: Mapping[str, Floats], places: Floats, ticks: axes.Places) -> Canvas:
    """Draw the level of each name over frequency, the loudest at 0, 60 dB down.

    Args:
        levels_db: ``[bands]`` of each name; NaN is left blank.
        places: where the bands begin and end along the picture, 0 to 1, ``[bands + 1]``.
        ticks: along the lower axis.
    """
    height = max(_ROW * len(levels_db), _LEAST_HEIGHT)
    canvas = Canvas(_WIDTH, _TOP + height + _BOTTOM)
    frame = Frame(_LEFT, _TOP, _WIDTH - _LEFT - _RIGHT, _ROW * len(levels_db))
    middles = (np.arange(frame.width) + 0.5) / frame.width
    band = np.clip(np.searchsorted(places, middles) - 1, 0, len(places) - 2)
    for index, (name, levels) in enumerate(levels_db.items()):
        shades = colours.dusk(np.nan_to_num(levels[band] / _RANGE_DB + 1.0))
        shades[~np.isfinite(levels[band])] = colours.PAPER
        top = frame.top + _ROW * index
        canvas.image(frame.left, top, np.repeat(shades[None], _ROW - _GAP, axis=0))
        canvas.text(frame.left - 12, top + (_ROW - _GAP) / 2, shortened(name), _LETTER, "right")
    axes.draw_bottom(canvas, frame, ticks, "kHz")
    _draw_scale(canvas, Frame(frame.right + _SCALE_LEFT, _TOP, _SCALE_WIDTH, height - _GAP))
    return canvas


def _draw_scale(canvas: Canvas, frame: Frame) -> None:
    shades = np.linspace(1.0, 0.0, frame.height)[:, None].repeat(frame.width, axis=1)
    canvas.image(frame.left, frame.top, colours.dusk(shades))
    scale = Scale(-_RANGE_DB, 0.0)
    axes.draw_right(canvas, frame, scale.ticks(max(2, frame.height // 36)), "dB")
