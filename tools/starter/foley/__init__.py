"""The starter library's sound makers: textures from physics, instruments from written scores."""

TEXTURES = ("rain", "sea", "stream", "wind", "fire", "brushing", "tapping")
INSTRUMENTS = ("violin", "cello", "harp", "piano", "music-box")
STYLES = TEXTURES + INSTRUMENTS
"""Every style in the library's order."""
