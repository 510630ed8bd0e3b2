"""Two pictures of a sound: its waveform and its spectrogram."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from whisperwave.errors import AudioError
from whisperwave.library import durable
from whisperwave.reports import axes, colours, spectrogram
from whisperwave.reports.axes import Frame
from whisperwave.reports.canvas import Canvas

SMALL = (208, 88)
"""Width and height of a small picture."""

_WIDTH = 1200
_LEFT, _TOP, _BOTTOM = 78, 42, 58
_LANE, _LANE_GAP = 200, 44
_WAVE_RIGHT = 26
_SPECTRUM_HEIGHT, _SPECTRUM_RIGHT = 420, 110
_RANGE_DB = 80.0
_KHZ = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
_PEAK: colours.Colour = (0.62, 0.71, 0.86)
_BODY: colours.Colour = (0.25, 0.37, 0.66)


def write_waveform_png(path: Path, audio: NDArray[np.floating], sample_rate: int) -> None:
    """Draw a sound over time, a lane a channel: its peaks, and its RMS as the darker body.

    Args:
        path: the picture; an old one is replaced.
        audio: [samples] or [channels, samples].
        sample_rate: in Hz.

    Raises:
        AudioError: ``AUDIO_NO_SAMPLES`` or ``AUDIO_NONFINITE``.
        OutputError: the picture cannot be written.
    """
    lanes = _channels(audio)
    height = _TOP + len(lanes) * (_LANE + _LANE_GAP) - _LANE_GAP + _BOTTOM
    canvas = Canvas(_WIDTH, height)
    limit = _round_up(float(np.abs(lanes).max()))
    titles = ("left", "right") if len(lanes) == 2 else ("level",) * len(lanes)
    for index, (lane, title) in enumerate(zip(lanes, titles, strict=True)):
        top = _TOP + index * (_LANE + _LANE_GAP)
        frame = Frame(_LEFT, top, _WIDTH - _LEFT - _WAVE_RIGHT, _LANE)
        seconds = _seconds(lane.size, sample_rate, frame.width)
        levels = axes.places(axes.ticks(-limit, limit, 4), lambda v: (v / limit + 1) / 2)
        axes.draw_grid(canvas, frame, seconds, levels)
        _draw_wave(canvas, frame, lane / limit)
        axes.draw_left(canvas, frame, levels, title)
    axes.draw_bottom(canvas, frame, seconds, "seconds")
    durable.write_bytes(path, canvas.encode())


def write_spectrogram_png(path: Path, audio: NDArray[np.floating], sample_rate: int) -> None:
    """Draw level over time and frequency (mel spacing), 80 dB from the loudest place down.

    Args:
        path: the picture; an old one is replaced.
        audio: [samples] or [channels, samples]; channels are averaged by power.
        sample_rate: in Hz.

    Raises:
        AudioError: ``AUDIO_NO_SAMPLES`` or ``AUDIO_NONFINITE``.
        OutputError: the picture cannot be written.
    """
    channels = _channels(audio)
    canvas = Canvas(_WIDTH, _TOP + _SPECTRUM_HEIGHT + _BOTTOM)
    frame = Frame(_LEFT, _TOP, _WIDTH - _LEFT - _SPECTRUM_RIGHT, _SPECTRUM_HEIGHT)
    shades, top_db = _shades(channels, sample_rate, frame.width, frame.height)
    canvas.image(frame.left, frame.top, colours.dusk(shades))
    seconds = _seconds(channels.shape[-1], sample_rate, frame.width)
    axes.draw_bottom(canvas, frame, seconds, "seconds")
    axes.draw_left(canvas, frame, _kilohertz(sample_rate), "kHz")
    _draw_scale(canvas, Frame(frame.right + 28, frame.top, 16, frame.height), top_db)
    durable.write_bytes(path, canvas.encode())


def write_small_spectrogram_png(path: Path, audio: NDArray[np.floating], sample_rate: int) -> None:
    """Draw the same without axes, `SMALL` pixels, to be looked at in a table of many.

    Raises:
        AudioError: ``AUDIO_NO_SAMPLES`` or ``AUDIO_NONFINITE``.
        OutputError: the picture cannot be written.
    """
    width, height = SMALL
    canvas = Canvas(width, height)
    canvas.image(0, 0, colours.dusk(_shades(_channels(audio), sample_rate, width, height)[0]))
    durable.write_bytes(path, canvas.encode())


def _shades(
    channels: NDArray[np.float64], sample_rate: int, width: int, height: int
) -> tuple[NDArray[np.float64], float]:
    """From night (0) to straw (1) by level, the highest frequency first; and the top in dB."""
    levels_db = spectrogram.grid_db(channels, sample_rate, width, height)
    top_db = min(max(10.0 * np.ceil(levels_db.max() / 10.0), -120.0), 60.0)
    shades: NDArray[np.float64] = (levels_db - top_db) / _RANGE_DB + 1.0
    return shades[::-1], top_db


def _channels(audio: NDArray[np.floating]) -> NDArray[np.float64]:
    """The audio as [channels, samples] of finite numbers."""
    channels = np.atleast_2d(np.asarray(audio, np.float64))
    if channels.size == 0:
        raise AudioError(
            "AUDIO_NO_SAMPLES", f"audio of shape {np.shape(audio)} has nothing to draw.",
            "Give at least one sample.",
        )  # fmt: skip
    bad = ~np.isfinite(channels)
    if bad.any():
        raise AudioError(
            "AUDIO_NONFINITE",
            f"the audio holds {np.count_nonzero(bad)} NaN or infinite samples.",
            "Make the sound again; every sample must be finite.",
        )
    return channels


def _seconds(samples: int, sample_rate: int, width: int) -> axes.Places:
    duration = samples / sample_rate
    return axes.places(axes.ticks(0.0, duration, width // 90), lambda second: second / duration)


def _kilohertz(sample_rate: int) -> axes.Places:
    top = spectrogram.mel(sample_rate / 2)
    inside = [f_khz for f_khz in _KHZ if f_khz * 1000.0 <= sample_rate / 2]
    return axes.places(inside, lambda f_khz: float(spectrogram.mel(f_khz * 1000.0) / top))


def _round_up(peak: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that holds ``peak``; 1 for silence."""
    if peak < 1e-6:
        return 1.0
    power = 10.0 ** np.floor(np.log10(peak))
    return float(
        next(power * factor for factor in (1, 2, 5, 10) if peak <= power * factor * 1.0001)
    )


def _draw_wave(canvas: Canvas, frame: Frame, lane: NDArray[np.float64]) -> None:
    """Paint peaks and RMS of ``lane`` (-1 to 1), each column what happens in its time."""
    edges = np.linspace(0, lane.size, frame.width + 1).astype(np.int64)
    starts = np.minimum(edges[:-1], lane.size - 1)
    counts = np.maximum(np.diff(edges), 1)
    rms = np.sqrt(np.add.reduceat(lane**2, starts) / counts)
    low, high = np.minimum.reduceat(lane, starts), np.maximum.reduceat(lane, starts)
    canvas.paint(frame.left, frame.top, _band(low, high, frame.height), _PEAK)
    inner = np.minimum(rms, high), np.maximum(-rms, low)
    canvas.paint(frame.left, frame.top, _band(inner[1], inner[0], frame.height), _BODY)


def _band(low: NDArray[np.float64], high: NDArray[np.float64], height: int) -> NDArray[np.float64]:
    """How much of each pixel [height, columns] lies between two curves; at least a hair line."""
    middle = height / 2
    top, bottom = middle - high * middle, middle - low * middle
    thin = np.maximum(1.0 - (bottom - top), 0.0) / 2
    rows = np.arange(height)[:, None]
    inside = np.minimum(rows + 1, bottom + thin) - np.maximum(rows, top - thin)
    coverage: NDArray[np.float64] = np.clip(inside, 0.0, 1.0)
    return coverage


def _draw_scale(canvas: Canvas, frame: Frame, top_db: float) -> None:
    """The bar that says which colour is how loud."""
    shades = np.linspace(1.0, 0.0, frame.height)[:, None].repeat(frame.width, axis=1)
    canvas.image(frame.left, frame.top, colours.dusk(shades))
    values = axes.ticks(top_db - _RANGE_DB, top_db, 8)
    marks = axes.places(values, lambda level: (level - top_db) / _RANGE_DB + 1.0)
    axes.draw_right(canvas, frame, marks, "dBFS")
