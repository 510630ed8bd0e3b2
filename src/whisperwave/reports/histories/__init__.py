"""The history of training runs: read from logs, drawn, and judged."""

from whisperwave.reports.histories.report import Report, report

__all__ = ["Report", "report"]
