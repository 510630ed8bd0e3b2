"""The containers that sound files come in, one file each, and how to tell them apart."""

from whisperwave.library.containers.header import Header
from whisperwave.library.containers.sniffing import examine

__all__ = ["Header", "examine"]
