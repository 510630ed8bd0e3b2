"""Which sounds do I have? Read any sound file, number clips, rate them, keep them safe."""

from whisperwave.library.audio import Audio
from whisperwave.library.clips import RATINGS, Added, Clip
from whisperwave.library.decoding import decode
from whisperwave.library.lending import Clips, Lent
from whisperwave.library.store import Library, open_library

__all__ = [
    "Added",
    "Audio",
    "Clip",
    "Clips",
    "Lent",
    "Library",
    "RATINGS",
    "decode",
    "open_library",
]
