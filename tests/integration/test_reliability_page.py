"""The page of faults names tests that there are, and every numbered fault."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "reliability.md").read_text("utf-8")


def test_every_test_that_the_page_names_exists() -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    there = set(re.findall(r"^def (test_\w+)", "\n".join(sources), re.MULTILINE))
    files = {path.stem for path in (ROOT / "tests").rglob("test_*.py")}
    named = set(re.findall(r"\btest_\w+", PAGE))
    assert named - there - files == set()
    programs = {path.stem for path in (ROOT / "engine" / "tests").glob("*_test.cpp")}
    assert set(re.findall(r"`(\w+_test)`", PAGE)) - programs == set()


def test_every_numbered_fault_is_on_the_page() -> None:
    numbered = set(re.findall(r"\b[ABCDE]\d+\b", PAGE))
    listed = {f"A{n}" for n in range(1, 37)} | {f"B{n}" for n in range(1, 19)}
    listed |= {f"C{n}" for n in range(1, 21)}
    listed |= {f"D{n}" for n in range(1, 21)}
    listed |= {f"E{n}" for n in range(1, 16)}
    assert listed - numbered == set()
