"""Package data: the starter library, `catalogue.json` and the clips it names, and the models."""

from pathlib import Path

FOLDER = Path(__file__).parent
"""Where the catalogue lies; the clips' paths in it are relative to this folder."""

DEFAULT_MODEL = "fine"
"""The shipped model that plays when none is named."""
