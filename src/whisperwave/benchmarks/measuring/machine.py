"""What the figures of a benchmark depend on."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from whisperwave import _engine

PACKAGES = ("numpy", "torch", "onnxruntime")


def facts() -> dict[str, Any]:
    """Processor, system and packages, JSON-ready."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "instruction_sets": _engine.instruction_sets(),
        "load_average": load_average(),
        "system": platform.system(),
        "python": platform.python_version(),
        **{package: _version(package) for package in PACKAGES},
        "date": datetime.now(UTC).date().isoformat(),
    }


def load_average() -> float:
    """How many processes wanted to run during the last minute."""
    return round(os.getloadavg()[0], 2)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    for line in info.read_text().splitlines() if info.exists() else []:
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
