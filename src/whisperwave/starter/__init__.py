"""The starter library, package data: `catalogue.json` and the clips it names."""

from pathlib import Path

FOLDER = Path(__file__).parent
"""Where the catalogue lies; the clips' paths in it are relative to this folder."""
