"""A checkpoint is whole or not there, whatever the disk or the power does."""

import errno
import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from whisperwave.errors import OutputError, TrainingError
from whisperwave.training.artefacts import checkpoints

FILES = {"state.pt": b"weights" * 1000, "model.safetensors": b"average" * 500}


def save(folder: Path, step: int, bits: float | None = None, files: dict = FILES) -> Path:
    return checkpoints.save(folder, step, files, {"validation_bits": bits})


def newest(folder: Path) -> tuple[int, list[str]]:
    told: list[str] = []
    found = checkpoints.latest(folder, lambda error: told.append(str(error)))
    assert found is not None
    assert found.files == FILES
    return found.step, told


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    path = save(tmp_path, 7, 3.5)
    found = checkpoints.load(path)
    assert (found.files, found.step, found.facts["validation_bits"]) == (FILES, 7, 3.5)
    assert [each.name for each in tmp_path.iterdir()] == ["step-0000007"]


def test_a_folder_without_checkpoints_has_no_newest(tmp_path: Path) -> None:
    assert checkpoints.latest(tmp_path / "none", lambda _: None) is None


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    "harm",
    [
        flip,
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(b""),
        Path.unlink,
    ],
)
@pytest.mark.parametrize("name", [*FILES, checkpoints.MANIFEST])
def test_c7_a_damaged_checkpoint_is_named_and_the_one_before_is_taken(
    tmp_path: Path, name: str, harm
) -> None:
    save(tmp_path, 1)
    harm(save(tmp_path, 2) / name)
    step, told = newest(tmp_path)
    assert step == 1
    assert "CHECKPOINT_DAMAGED" in told[0]
    assert "step-0000002" in told[0]


def test_c7_every_flipped_bit_of_a_manifest_is_found(tmp_path: Path) -> None:
    path = save(tmp_path, 3) / checkpoints.MANIFEST
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises(TrainingError, match="CHECKPOINT_DAMAGED"):
            checkpoints.load(path.parent)


def test_c8_where_all_are_damaged_nothing_starts_anew_by_itself(tmp_path: Path) -> None:
    for step in (1, 2):
        (save(tmp_path, step) / "state.pt").write_bytes(b"torn")
    with pytest.raises(TrainingError, match="NO_VALID_CHECKPOINT"):
        newest(tmp_path)


def test_c15_steps_order_checkpoints_whatever_the_clock_says(tmp_path: Path) -> None:
    for step, date in ((900, 3e9), (1000, 0.0)):
        os.utime(save(tmp_path, step), (date, date))
    assert newest(tmp_path)[0] == 1000


class Fault:
    """Fails the nth call of the operations that change the disk, once or from then on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int, code: int, sticky: bool) -> None:
        self.left, self.code, self.sticky = at, code, sticky
        for name in ("fsync", "mkdir", "rename"):
            monkeypatch.setattr(os, name, self.around(getattr(os, name)))
        monkeypatch.setattr(checkpoints, "_write", self.around(checkpoints._write, torn=True))

    def around(self, operation, torn: bool = False):
        def call(*arguments, **options):
            self.left -= 1
            if self.left == 0 or (self.sticky and self.left < 0):
                if torn:
                    arguments[0].write_bytes(arguments[1][:10])
                raise OSError(self.code, os.strerror(self.code))
            return operation(*arguments, **options)

        return call


@pytest.mark.parametrize("sticky", [False, True])
@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC])
def test_c5_c6_a_disk_that_refuses_anywhere_leaves_the_old_or_the_new(
    tmp_path: Path, code: int, sticky: bool
) -> None:
    points = 0
    while True:
        points += 1
        folder = tmp_path / str(points)
        save(folder, 1)
        with pytest.MonkeyPatch.context() as patch:
            fault = Fault(patch, points, code, sticky)
            with suppress(OutputError):
                save(folder, 2)
        if fault.left > 0:
            break
        assert newest(folder)[0] in (1, 2)
        save(folder, 2)  # the next attempt takes new files, and succeeds
        assert newest(folder) == (2, [])
    assert points > 8


def test_c5_without_room_nothing_is_begun(tmp_path: Path, monkeypatch) -> None:
    save(tmp_path, 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 99, 1))
    with pytest.raises(OutputError, match="DISK_FULL"):
        save(tmp_path, 2)
    assert newest(tmp_path) == (1, [])


def test_c2_a_writer_killed_at_any_moment_leaves_a_whole_newest(tmp_path: Path) -> None:
    """A handful here; three hundred kills of a training run are in `make prove`."""
    for turn in range(12):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            for step in range(1000):
                save(tmp_path, 1000 * turn + step)
                checkpoints.prune(tmp_path, 3, None)
                os.write(writer, b".")
        acknowledged = -1
        for _ in range(1 + turn):
            acknowledged += len(os.read(reader, 1))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(writer)
        acknowledged += len(os.read(reader, 1 << 16))
        os.close(reader)
        step, told = newest(tmp_path)
        assert step >= 1000 * turn + acknowledged
        assert told == []
        checkpoints.sweep(tmp_path)
        assert not list(tmp_path.glob(".*"))


def test_c3_the_folders_are_all_there_is_so_no_index_can_disagree(tmp_path: Path) -> None:
    for step, bits in ((1, 3.0), (2, 2.0), (3, 2.5)):
        save(tmp_path / "run", step, bits)
    (tmp_path / "copy").mkdir()
    for path in reversed(checkpoints.steps(tmp_path / "run")):
        shutil.copytree(path, tmp_path / "copy" / path.name)
    best = checkpoints.best(tmp_path / "copy")
    assert best is not None
    assert best.name == "step-0000002"
    assert newest(tmp_path / "copy")[0] == 3


def test_the_newest_the_best_the_marked_and_the_regular_are_kept(tmp_path: Path) -> None:
    for step in range(1, 13):
        path = save(tmp_path, step, bits=abs(step - 3.2))
        if step == 2:
            (path / checkpoints.MARK).touch()
        checkpoints.prune(tmp_path, keep=2, keep_every=5)
    assert [int(path.name[5:]) for path in checkpoints.steps(tmp_path)] == [2, 3, 5, 10, 11, 12]


def test_a_damaged_one_of_the_same_step_is_replaced(tmp_path: Path) -> None:
    (save(tmp_path, 4) / "state.pt").write_bytes(b"")
    save(tmp_path, 4)
    assert newest(tmp_path) == (4, [])
