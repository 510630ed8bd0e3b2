import os
import shutil
import time
from pathlib import Path

import pytest

from whisperwave.errors import OutputError
from whisperwave.library.durable import explain, replacing, sweep, write_bytes


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_whole(tmp_path: Path) -> None:
    write_bytes(tmp_path / "new.bin", b"everything")
    assert (tmp_path / "new.bin").read_bytes() == b"everything"
    assert names_in(tmp_path) == ["new.bin"]


def test_nothing_is_seen_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "new.bin"
    with replacing(path) as temporary:
        temporary.write_bytes(b"half")
        assert not path.exists()
        assert temporary.parent == path.parent
    assert path.read_bytes() == b"half"


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError, OSError])
def test_an_interruption_leaves_the_old_file_and_no_other(
    tmp_path: Path, interruption: type[BaseException]
) -> None:
    path = tmp_path / "kept.bin"
    path.write_bytes(b"old")

    def interrupted_write() -> None:
        with replacing(path) as temporary:
            temporary.write_bytes(b"new")
            raise interruption

    expected = OutputError if interruption is OSError else interruption
    with pytest.raises(expected):
        interrupted_write()
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["kept.bin"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("missing/new.bin", "NO_SUCH_FOLDER"),
        ("a-file/new.bin", "NO_SUCH_FOLDER"),
        ("a-folder", "IS_A_FOLDER"),
        ("n" * 300, "PATH_TOO_LONG"),
    ],
)
def test_a_place_that_cannot_be_written_is_explained(tmp_path: Path, name: str, code: str) -> None:
    (tmp_path / "a-file").write_bytes(b"")
    (tmp_path / "a-folder").mkdir()
    with pytest.raises(OutputError) as error:
        write_bytes(tmp_path / name, b"x")
    assert error.value.code == code
    assert error.value.remedy


def test_a_full_disk_says_disk(tmp_path: Path) -> None:
    error = explain(OSError(28, os.strerror(28)), tmp_path / "a.wav")
    assert error.code == "DISK_FULL"
    assert "disk" in error.remedy


def test_only_files_of_writers_that_are_gone_are_swept(tmp_path: Path) -> None:
    (tmp_path / ".a.wav.tmp.999999999").write_bytes(b"half")
    (tmp_path / f".b.wav.tmp.{os.getpid()}").write_bytes(b"being written")
    (tmp_path / "c.wav").write_bytes(b"whole")
    assert sweep(tmp_path) == 1
    assert names_in(tmp_path) == [f".b.wav.tmp.{os.getpid()}", "c.wav"]


def test_what_another_machine_writes_is_left_alone_for_a_day(tmp_path: Path) -> None:
    theirs = tmp_path / ".a.wav.tmp.0badcafe.1"
    theirs.write_bytes(b"being written")
    assert sweep(tmp_path) == 0
    long_ago = time.time() - 90_000
    os.utime(theirs, (long_ago, long_ago))
    assert sweep(tmp_path) == 1
    assert names_in(tmp_path) == []


def test_what_a_dead_process_of_this_machine_began_is_removed(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        with replacing(tmp_path / "a.wav") as temporary:
            temporary.write_bytes(b"half")
            os._exit(0)
    os.waitpid(child, 0)
    assert len(names_in(tmp_path)) == 1
    assert sweep(tmp_path) == 1


def test_a_write_that_was_cut_without_a_reason_is_a_full_disk(tmp_path, monkeypatch) -> None:
    error = OSError("8000 requested and 512 written")  # as NumPy says it
    assert explain(error, tmp_path / "a.npy").code == "WRITE_FAILED"
    assert "512 written" in explain(error, tmp_path / "a.npy").message
    usage = shutil.disk_usage(tmp_path)._replace(free=4096)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert explain(error, tmp_path / "a.npy").code == "DISK_FULL"
