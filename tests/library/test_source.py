"""The faults that a path can have: row B of the matrix, by its numbers."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from whisperwave.errors import AudioError
from whisperwave.library import decode, source

Write = Callable[..., Path]
Refused = Callable[..., AudioError]


@pytest.mark.parametrize("name", ["a\nb.wav", 'it\'s "so".wav', "-o.wav", " a.wav", "\u202ea.wav"])
def test_b1_b2_an_awkward_name_is_shown_on_one_line(
    write: Write, name: str, refused: Refused
) -> None:
    error = refused(write(b"", name), "AUDIO_EMPTY")
    assert error.message.isprintable()


def test_b3_a_name_that_is_not_utf8(sound: Write, tmp_path: Path, refused: Refused) -> None:
    path = sound("a.wav").rename(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.wav"))
    assert decode(path).samples.shape == (1, 8000)
    path.write_bytes(b"")
    refused(path, "AUDIO_EMPTY", "bad\\xff.wav")


def test_b4_a_name_of_255_bytes_works(sound: Write) -> None:
    assert decode(sound("n" * 251 + ".wav")).samples.shape == (1, 8000)


@pytest.mark.parametrize("name", ["n" * 256, "folder/" * 700 + "a.wav"])
def test_b4_a_path_that_is_too_long(tmp_path: Path, name: str, refused: Refused) -> None:
    refused(tmp_path / name, "PATH_TOO_LONG")


def test_b5_a_link_to_itself(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "loop.wav").symlink_to(tmp_path / "loop.wav")
    refused(tmp_path / "loop.wav", "LINK_LOOP")


def test_b7_a_named_pipe_is_refused_at_once(tmp_path: Path, refused: Refused) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    refused(tmp_path / "pipe.wav", "NOT_A_FILE", "a named pipe")


def test_b7_a_socket_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.wav")
        refused(Path("s.wav"), "NOT_A_FILE", "a socket")


def test_b7_a_device_is_refused(refused: Refused) -> None:
    refused(Path("/dev/zero"), "NOT_A_FILE", "a device")


def test_b7_a_folder_is_refused(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "x.wav").mkdir()
    refused(tmp_path / "x.wav", "NOT_A_FILE", "a folder")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_b8_a_file_that_may_not_be_read(write: Write, refused: Refused) -> None:
    path = write(b"RIFF")
    path.chmod(0)
    refused(path, "PERMISSION")


@pytest.mark.parametrize("name", ["missing.wav", "no\0name.wav", "sound.wav/inside.wav"])
def test_b10_a_file_that_is_not_there(
    write: Write, tmp_path: Path, name: str, refused: Refused
) -> None:
    write(b"RIFF")
    refused(tmp_path / name, "NO_SUCH_FILE")


def test_reading_never_touches_the_file(sound: Write) -> None:
    path = sound("mine.ogg")
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    decode(path)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_b9_a_file_that_is_written_while_it_is_read(
    sound: Write, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sound("busy.wav")
    identity = source._identity
    looks = iter(range(100))

    def written_to(status: os.stat_result) -> tuple[int, int, int, int]:
        with path.open("ab") as file:
            file.write(bytes(1 + next(looks)))
        return identity(status)

    monkeypatch.setattr(source, "_identity", written_to)
    refused(path, "CHANGED_DURING_READ")


def test_a_file_beyond_the_size_limit_is_not_even_read(tmp_path: Path, refused: Refused) -> None:
    path = tmp_path / "sparse.wav"
    with path.open("wb") as file:
        file.truncate(source.LARGEST_FILE + 1)
    refused(path, "AUDIO_TOO_LONG", str(source.LARGEST_FILE + 1))
