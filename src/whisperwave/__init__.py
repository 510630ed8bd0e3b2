"""New sound in the style of sounds you love, on your own computer."""

__version__ = "0.1.0"
