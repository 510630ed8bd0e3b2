"""The starter library's sound makers: textures from physics, instruments from written scores."""

FIRST_STYLES = (
    *("rain", "sea", "stream", "wind", "fire", "brushing", "tapping"),
    *("violin", "cello", "harp", "piano", "music-box"),
)
LATER_STYLES = (
    *("flute", "kalimba", "strings", "guitar", "choir"),
    *("roof-rain", "forest-night", "page-turning", "crinkling", "purring"),
    *("train", "cafe", "drum", "whispering"),
)
STYLES = FIRST_STYLES + LATER_STYLES
"""Every style in the library's order. A new one goes to the end: a style's place is part of its
seeds and of its clips' numbers."""

INSTRUMENTS = (*FIRST_STYLES[7:], *LATER_STYLES[:5])
TEXTURES = tuple(style for style in STYLES if style not in INSTRUMENTS)
