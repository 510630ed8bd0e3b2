"""The report on sounds to learn from: a prepared set, a folder, or a listing."""

from whisperwave.reports.sets.report import SetReport, is_of_sounds, report

__all__ = ["SetReport", "is_of_sounds", "report"]
