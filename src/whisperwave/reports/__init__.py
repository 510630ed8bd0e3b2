"""Metrics and pictures: a report gets arrays and JSON, and draws."""

from whisperwave.reports.pictures import (
    write_small_spectrogram_png,
    write_spectrogram_png,
    write_waveform_png,
)

__all__ = ["write_waveform_png", "write_spectrogram_png", "write_small_spectrogram_png"]
