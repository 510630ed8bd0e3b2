"""The results of record: one JSON file a question."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from whisperwave.library import durable

RESULTS = Path(__file__).parent / "results"


def save(question: str, result: Mapping[str, Any]) -> None:
    """Write the answer to a question, named like its script, whole or not at all."""
    text = json.dumps(result, indent=2)
    durable.write_bytes(RESULTS / f"{question}.json", text.encode() + b"\n")
