"""Which sounds do I have? Read any sound file, number clips, rate them, keep them safe."""

from whisperwave.library.audio import Audio
from whisperwave.library.decoding import decode

__all__ = ["Audio", "decode"]
