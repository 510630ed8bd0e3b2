"""From sounds to levelled, honestly split training material: read from a folder, or prepared."""

from whisperwave.datasets.levelling import levelled
from whisperwave.datasets.prepared import PreparedSet, is_prepared, read_prepared
from whisperwave.datasets.sounds import Excerpt, Sounds, Split, read_sounds

__all__ = [
    "read_sounds", "read_prepared", "is_prepared", "levelled", "Sounds", "PreparedSet", "Excerpt",
    "Split",
]  # fmt: skip
