import json
import subprocess
import sys

from whisperwave.cli.train import EXTRA, sentence

WITHOUT = """
import importlib.abc, sys
class Blocked(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Blocked())
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name in {blocked!r} else find(name)
from whisperwave.cli import main
sys.exit(main({words!r}))
"""


def without_training(*words):
    program = WITHOUT.format(blocked=EXTRA, words=list(words))
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)


def test_without_torch_training_says_which_extra_to_install(tmp_path):
    ran = without_training("train", str(tmp_path), "model=wavenet")
    assert ran.returncode == 7
    assert 'pip install "whisperwave[train]"' in ran.stderr
    assert ran.stdout == ""


def test_without_torch_the_error_is_json_when_asked_for(tmp_path):
    ran = without_training("train", str(tmp_path), "--json")
    assert json.loads(ran.stderr)["error"]["code"] == "NO_TRAINING"


def test_figures_are_read_as_sentences():
    step = {"event": "step", "step": 40, "bits": 4.2, "targets_per_second": 9000,
            "progress": 0.25, "seconds_left": 180}  # fmt: skip
    assert sentence(step) == (
        "Step 40: 4.200 bits a sample, 9000 targets a second, 25% done, 3 minutes left."
    )
    heard = {"event": "preview", "step": 9, "files": ["a.wav", "a.png"]}
    assert sentence(heard) == "Step 9: listen to a.wav, a.png"
    assert sentence({"event": "done", "model": "m.safetensors"}).endswith("m.safetensors")


def test_an_event_that_is_new_is_shown_as_it_is():
    assert sentence({"event": "paused"}) == "paused"


INTERRUPTED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
class Pressed:
    def find_spec(self, name, path=None, target=None):
        if name == "torch._C":  # in the midst of importing torch
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Pressed())
from whisperwave.cli import main
code = main({words!r})
import torch
sys.exit(code if hasattr(torch, "compile") else "half imported")
"""


def test_ctrl_c_while_torch_is_imported_waits_until_it_is(tmp_path):
    program = INTERRUPTED.format(words=["train", str(tmp_path)])
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.returncode == 130
    assert ran.stderr.strip().startswith("INTERRUPTED")
