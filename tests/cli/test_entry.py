import json
import os
import subprocess
import sys

import click
import pytest

from whisperwave import __version__, errors
from whisperwave.cli import main
from whisperwave.cli.entry import root

HEAVY = ("numpy", "soundfile", "soxr", "rich", "sqlite3", "torch", "whisperwave.library")


def test_help_imports_nothing_heavy():
    program = (
        "import sys; from whisperwave.cli import main; main(['--help'])\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.stderr.strip() == "[]"
    assert "generate" in ran.stdout


def test_the_version_is_the_packages(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"whisperwave {__version__}\n"


def test_python_dash_m_is_the_command():
    ran = subprocess.run([sys.executable, "-m", "whisperwave", "--version"], capture_output=True)
    assert ran.stdout.decode().strip() == f"whisperwave {__version__}"


def leaves(command, words=()):
    if not isinstance(command, click.Group):
        return [words]
    return [leaf for name, sub in command.commands.items() for leaf in leaves(sub, (*words, name))]


@pytest.mark.parametrize("words", leaves(root), ids=" ".join)
def test_every_verb_has_help_and_takes_json(capsys, words):
    assert main([*words, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "--json" in shown
    assert len(shown.splitlines()[2].strip()) > 20


@pytest.mark.parametrize(
    "words",
    [["sing"], ["library", "list", "--loud"], ["library", "rate", "three", "love"],
     ["library", "rate", "3", "hate"], ["generate", "--output", "x.wav"], ["train"]],
)  # fmt: skip
def test_a_wrong_word_is_an_error_of_ours_with_exit_code_2(capsys, words):
    assert main(words) == errors.ConfigError.exit_code == 2
    spoken = capsys.readouterr()
    assert spoken.out == ""
    assert spoken.err.startswith("USAGE: ")
    assert "--help" in spoken.err


def test_with_json_an_error_is_one_object_on_standard_error(capsys):
    assert main(["library", "rate", "9999", "love", "--json"]) == 4
    spoken = capsys.readouterr()
    assert spoken.out == ""
    error = json.loads(spoken.err)["error"]
    assert set(error) == {"code", "message", "remedy"}
    assert error["code"] == "NO_SUCH_CLIP"


def test_without_json_the_same_error_is_one_line(capsys):
    assert main(["library", "rate", "9999", "love"]) == 4
    assert capsys.readouterr().err.startswith("NO_SUCH_CLIP: There is no clip number 9999")


@pytest.mark.parametrize(
    ("words", "threads"),
    [(["prepare", "train"], "1"), (["--debug", "generate"], "1"), (["train"], "8"),
     (["--debug", "train"], "8")],
)  # fmt: skip
def test_only_training_computes_with_as_many_threads_as_it_may(monkeypatch, words, threads):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "8")
    assert main([*words, "--help"]) == 0
    assert os.environ["OPENBLAS_NUM_THREADS"] == threads


@pytest.fixture
def command_that(monkeypatch):
    """A command whose only work is to raise."""

    def add(error):
        def fail():
            raise error

        monkeypatch.setitem(root.commands, "fail", click.Command("fail", callback=fail))

    return add


def test_a_fault_of_ours_is_told_apart_and_debug_shows_where(capsys, command_that):
    command_that(ZeroDivisionError("by nothing"))
    assert main(["fail"]) == 1
    assert capsys.readouterr().err.startswith("INTERNAL: ZeroDivisionError: by nothing")
    with pytest.raises(ZeroDivisionError):
        main(["--debug", "fail"])


def test_ctrl_c_has_its_own_exit_code(capsys, command_that):
    command_that(KeyboardInterrupt())
    assert main(["fail"]) == 130
    assert "INTERRUPTED" in capsys.readouterr().err


def test_ctrl_c_while_a_class_is_made_is_ctrl_c(capsys, monkeypatch):
    """As in a package that is being imported; Python 3.11 makes a RuntimeError of it."""

    class Interrupting:
        def __set_name__(self, owner, name):
            raise KeyboardInterrupt

    def importing():
        type("Imported", (), {"part": Interrupting()})

    monkeypatch.setitem(root.commands, "fail", click.Command("fail", callback=importing))
    assert main(["fail"]) == 130
    assert "INTERRUPTED" in capsys.readouterr().err
