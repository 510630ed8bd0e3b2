"""From a folder of sounds to a verified model file."""

from whisperwave.training.running import run

__all__ = ["run"]
