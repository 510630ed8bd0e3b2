"""The player as people run it: in a process of its own, without torch, without a network."""

import json
import os
import pty
import signal
import subprocess
import sys

import pytest

ALONE = """
import socket, sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "lightning", "hydra", "scipy", "matplotlib"):
            raise ModuleNotFoundError(f"{name} is not installed")
sys.meta_path.insert(0, Blocked())
def refuse(*_words, **_options):
    raise PermissionError("no connection is allowed")
socket.socket.connect = socket.socket.connect_ex = socket.create_connection = refuse
socket.getaddrinfo = refuse
from whisperwave.cli import main
sys.exit(main())
"""


@pytest.fixture
def words(model_path, own_clips, tmp_path):
    return ["generate", "--input", *own_clips, "--output", str(tmp_path / "calm.ogg"),
            "--model", str(model_path), "--seed", "1"]  # fmt: skip


def test_sound_is_made_without_torch_and_without_a_network(words, tmp_path):
    command = [sys.executable, "-c", ALONE, *words, "--seconds", "0.5", "--json"]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["audio_seconds"] == 0.5
    assert (tmp_path / "calm.ogg").read_bytes().startswith(b"OggS")


def test_two_processes_write_the_same_bytes(words, tmp_path):
    made = []
    for _ in range(2):
        command = [sys.executable, "-m", "whisperwave", *words, "--seconds", "0.5"]
        subprocess.run(command, check=True, capture_output=True)
        made.append((tmp_path / "calm.ogg").read_bytes())
    assert made[0] == made[1]


def test_ctrl_c_stops_it_and_leaves_no_half_file(words, tmp_path):
    before = b"what was there before"
    (tmp_path / "calm.ogg").write_bytes(before)
    screen, child_end = pty.openpty()
    command = [sys.executable, "-m", "whisperwave", *words, "--seconds", "3000"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=child_end,
        env=os.environ | {"TERM": "xterm"},
        preexec_fn=_hear_ctrl_c,
    ) as child:
        os.close(child_end)
        shown = _read_until(screen, b"real time")  # the bar has begun to move
        child.send_signal(signal.SIGINT)
        shown += _read_until(screen, b"INTERRUPTED")
        out = child.stdout.read()
    os.close(screen)
    assert child.returncode == 130
    assert b"INTERRUPTED" in shown
    assert out == b""
    assert (tmp_path / "calm.ogg").read_bytes() == before
    assert not list(tmp_path.glob(".*"))


def _hear_ctrl_c() -> None:
    """A shell gives its background jobs, these tests perhaps among them, a deaf ear to it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _read_until(screen: int, word: bytes) -> bytes:
    """What a terminal was shown, up to ``word`` or the end."""
    shown = b""
    while word not in shown:
        try:
            part = os.read(screen, 4096)
        except OSError:  # Linux says so when the other end is closed
            break
        if not part:
            break
        shown += part
    return shown
