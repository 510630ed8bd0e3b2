"""Pages that are written from results: written again, or only said to be current or not."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

# The benchmarks are scripts, not a package.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from records import RESULTS

PAGES = Path(__file__).resolve().parents[1] / "docs" / "reference"


def run(description: str, question: str, page: str, make: Callable[[dict[str, Any]], str]) -> int:
    """Write a page of the reference from the result of a question; --check only compares."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    path = PAGES / page
    text = make(json.loads((RESULTS / f"{question}.json").read_text("utf-8")))
    if not options.check:
        path.write_text(text, encoding="utf-8")
        return 0
    if path.exists() and path.read_text("utf-8") == text:
        return 0
    print(f"{path.name} is not current; run: make fix")
    return 1
