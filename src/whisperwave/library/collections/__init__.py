"""A collection of music, as large as it may be: scanned into a listing of classes by its tags."""

from whisperwave.library.collections.census import take_census
from whisperwave.library.collections.genres import GenreTable, read_genres, shipped_genres
from whisperwave.library.collections.judging import Wish
from whisperwave.library.collections.scanning import Scan, Scanned, scan

__all__ = [
    "GenreTable",
    "Scan",
    "Scanned",
    "Wish",
    "read_genres",
    "scan",
    "shipped_genres",
    "take_census",
]
