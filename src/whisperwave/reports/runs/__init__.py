"""The history of training runs: read from logs, drawn, and judged."""

from whisperwave.reports.runs.report import Report, report

__all__ = ["Report", "report"]
