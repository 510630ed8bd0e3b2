"""What README.md tells people to type works as it stands."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from whisperwave.cli import main

README = Path(__file__).parents[2] / "README.md"
TINY_RUN = [
    "trainer.steps=2", "trainer.batch_size=1", "data.crop=256", "model.layers_per_block=3",
    "model.blocks=1", "trainer.validation_crops=1", "data.style_seconds=1",
]  # fmt: skip


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def home(tmp_path, monkeypatch, starter_folder):
    """A home with the recordings that the examples name, and the library of the package."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    shutil.copy(starter_folder / "hiss-1.wav", tmp_path / "my-rain.mp3")
    folder = tmp_path / "my-folder" / "hiss"
    folder.mkdir(parents=True)
    for take in (1, 2, 3):
        shutil.copy(starter_folder / f"hiss-{take}.wav", folder)
    return tmp_path


def shortened(line: str) -> list[str]:
    """The words of a line, with the hours taken out of it."""
    words = [str(Path(word).expanduser()) if word[0] == "~" else word for word in shlex.split(line)]
    if words[1] == "train":
        return words + TINY_RUN
    return [*words, "--seconds", "1"] if words[1] == "generate" else words


@pytest.mark.train
def test_every_shell_line_runs(home, capsys):
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(lines) >= 6
    for line in lines:
        words = shortened(line)
        assert words[0] == "whisperwave"
        assert main(words[1:]) == 0, (line, capsys.readouterr().err)


def test_every_python_block_runs(home):
    found = blocks("python")
    assert found
    for block in found:
        ran = subprocess.run([sys.executable, "-c", block], capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        assert "× real time" in ran.stdout
