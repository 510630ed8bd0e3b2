"""The tutorial of a collection, typed as it stands, on a small one that is made the same way."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from whisperwave.cli import main

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial" / "collection.md"
FILES = 90
TINY_RUN = [
    "trainer.steps=2", "trainer.batch_size=1", "data.crop=256", "model.layers_per_block=3",
    "model.blocks=1", "trainer.validation_crops=1", "trainer.preview_seconds=0",
    "trainer.threads=1", "trainer.minutes=null",
]  # fmt: skip


def lines() -> list[str]:
    """What the page tells people to type, in its order."""
    blocks = re.findall(r"```(?:console|sh)\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    joined = "\n".join(blocks).replace("\\\n", " ")
    return [line.removeprefix("$ ") for line in joined.splitlines() if _is_typed(line)]


def _is_typed(line: str) -> bool:
    return line.startswith(("$ whisperwave ", "python tools/"))


def shortened(words: list[str]) -> list[str]:
    """The words of a line, with the hours taken out of it."""
    if words[0] == "train":
        return words + TINY_RUN
    if words[:2] == ["evaluate", "style"]:
        return [*words, "--quick", "--seconds", "0.5"]
    pairs = list(zip(["", *words], words, strict=False))
    if words[0] == "grid":  # of two steps there are none to name
        pairs = [pair for pair in pairs if pair[0] == "--seconds" or not pair[1].isdigit()]
    return [_few(*pair) for pair in pairs]


def _few(before: str, word: str) -> str:
    """Another number behind an option that costs time."""
    few = {"--min-minutes": "0.005", "--seconds": "0.5"}
    return few.get(before, word)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small collection in it, and the plan of what each file is."""
    folder = tmp_path_factory.mktemp("tutorial")
    made = next(line for line in lines() if line.startswith("python tools/"))
    words = shlex.split(made)[1:]
    words[words.index("--files") + 1] = str(FILES)
    words[words.index("--seconds") + 1] = "1"
    command = [sys.executable, str(ROOT / words[0]), *words[1:], "--plan", "plan.json"]
    subprocess.run(command, check=True, cwd=folder, capture_output=True)
    return folder


@pytest.mark.parametrize("mode", ["scan", "checked"])
def test_every_file_of_the_collection_gets_what_its_maker_knows(place, mode, tmp_path):
    output = tmp_path / "listing.json"
    words = ["library", "scan", str(place / "Music"), "--output", str(output)]
    minutes = ["--min-minutes", "0.005"]
    assert main([*words, *minutes, *(["--check"] if mode == "checked" else [])]) == 0
    skipped = map(json.loads, (tmp_path / "listing.skipped.jsonl").read_text().splitlines())
    found = {each["path"]: each["code"] for each in skipped}
    plan = json.loads((place / "plan.json").read_text())
    assert len(plan) == FILES
    # Without --check damage is not looked for; what is seen of it all the same has its code.
    expected = {each["path"]: {each[mode], each["checked"]} for each in plan}
    assert {path for path, codes in expected.items() if found.get(path) not in codes} == set()
    listed = json.loads(output.read_text())["items"]
    genres = {each["path"]: each["genre"] for each in plan}
    assert {item["path"]: item["class"] for item in listed} == {
        item["path"]: genres[item["path"]] for item in listed
    }


@pytest.mark.train
def test_every_line_of_the_tutorial_runs(place, monkeypatch, capsys):
    monkeypatch.chdir(place)
    typed = [shlex.split(line)[1:] for line in lines() if line.startswith("whisperwave")]
    assert {words[0] for words in typed} >= {
        "library", "prepare", "train", "report", "evaluate", "grid", "generate", "quantise",
    }  # fmt: skip
    for words in typed:
        asked = words[: words.index(">")] if ">" in words else words
        said = main(shortened(asked))
        spoken = capsys.readouterr()
        assert said == 0, (words, spoken.err)
        if ">" in words:
            Path(words[-1]).write_text(spoken.out)
