"""From a folder of sounds to levelled, honestly split training material."""

from whisperwave.datasets.levelling import levelled
from whisperwave.datasets.sounds import Excerpt, Sounds, Split, read_sounds

__all__ = ["read_sounds", "levelled", "Sounds", "Excerpt", "Split"]
