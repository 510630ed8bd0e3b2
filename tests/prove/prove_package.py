"""Do the wheel and the sdist build, and play in an empty environment?"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from whisperwave.library import durable

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "benchmarks" / "results" / "package.json"
FOREIGN = ("runs/", "demo/", ".ci/", "site/", ".venv", "__pycache__")


def run(*command: str | Path, cwd: Path) -> str:
    """The standard output of a command that must succeed."""
    # `make` names the constraints by a path from its own folder.
    environment = os.environ | {"PIP_CONSTRAINT": str(ROOT / "constraints.txt")}
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-1500:]
    return done.stdout


def test_wheel_and_sdist_play_in_an_empty_environment(tmp_path: Path) -> None:
    # The wheel is built from the sdist, so that it proves the sdist whole, too.
    run(sys.executable, "-m", "build", "--outdir", tmp_path / "dist", ROOT, cwd=tmp_path)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    (sdist,) = (tmp_path / "dist").glob("*.tar.gz")
    names = run("tar", "-tzf", sdist, cwd=tmp_path).splitlines()
    assert not [name for name in names if any(part in name for part in FOREIGN)]
    run(sys.executable, "-m", "venv", "player", cwd=tmp_path)
    python = tmp_path / "player" / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", wheel, cwd=tmp_path)
    whisperwave = [python, "-m", "whisperwave"]
    doctor = json.loads(run(*whisperwave, "doctor", "--json", cwd=tmp_path))
    made = json.loads(run(*whisperwave, "generate", "--input", "3", "7", "--seconds", "2",
                          "--seed", "1", "--output", "a.flac", "--json", cwd=tmp_path))  # fmt: skip
    assert doctor["well"]
    assert made["audio_seconds"] == 2.0
    assert (tmp_path / "a.flac").read_bytes().startswith(b"fLaC")
    torch = subprocess.run([python, "-c", "import torch"], capture_output=True, check=False)
    assert torch.returncode != 0
    _save(
        {
            "question": "Do the wheel and the sdist build, and play in an empty environment?",
            "wheel_bytes": wheel.stat().st_size,
            "sdist_bytes": sdist.stat().st_size,
            "sdist_files": len(names),
            "installed_bytes": _installed(tmp_path / "player"),
            "doctor": {finding["name"]: finding["well"] for finding in doctor["findings"]},
        }
    )


def _installed(environment: Path) -> int:
    """Bytes of everything in the environment but pip, which it came with."""
    return sum(
        path.stat().st_size
        for path in environment.rglob("*")
        if path.is_file() and not path.is_symlink() and "/pip" not in str(path)
    )


def _save(result: dict[str, Any]) -> None:
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    durable.write_bytes(RESULT, json.dumps(result, indent=2).encode() + b"\n")
