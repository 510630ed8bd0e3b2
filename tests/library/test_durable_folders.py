import errno
from pathlib import Path

import pytest

from whisperwave.errors import OutputError
from whisperwave.library.durable import replacing_folder, sweep


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fill(folder: Path, text: str) -> None:
    (folder / "inner").mkdir()
    (folder / "inner" / "file").write_text(text)


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    with replacing_folder(tmp_path / "new") as temporary:
        fill(temporary, "all")
        assert not (tmp_path / "new").exists()
    assert (tmp_path / "new" / "inner" / "file").read_text() == "all"
    assert names_in(tmp_path) == ["new"]


def test_a_new_folder_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    for text in ("old", "new"):
        with replacing_folder(tmp_path / "kept") as temporary:
            fill(temporary, text)
    assert (tmp_path / "kept" / "inner" / "file").read_text() == "new"
    assert names_in(tmp_path) == ["kept"]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError])
def test_an_interruption_leaves_the_old_folder_and_no_other(
    tmp_path: Path, interruption: type[BaseException]
) -> None:
    with replacing_folder(tmp_path / "kept") as temporary:
        fill(temporary, "old")

    def interrupted_write() -> None:
        with replacing_folder(tmp_path / "kept") as temporary:
            fill(temporary, "new")
            raise interruption

    with pytest.raises(interruption):
        interrupted_write()
    assert (tmp_path / "kept" / "inner" / "file").read_text() == "old"
    assert names_in(tmp_path) == ["kept"]


def test_a_full_disk_is_explained(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as refusal, replacing_folder(tmp_path / "new"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert refusal.value.code == "DISK_FULL"
    assert names_in(tmp_path) == []


def test_a_folder_whose_writer_is_gone_is_swept_away(tmp_path: Path) -> None:
    fill_in = tmp_path / ".set.tmp.999999999"
    fill_in.mkdir()
    fill(fill_in, "half")
    assert sweep(tmp_path) == 1
    assert names_in(tmp_path) == []
