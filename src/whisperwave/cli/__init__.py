"""The command line: one short function a command; a room is imported when its command runs."""

from whisperwave.cli.entry import main

__all__ = ["main"]
