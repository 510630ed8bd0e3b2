from pathlib import Path

import pytest

from whisperwave.errors import LibraryError
from whisperwave.library import moorings, mounts, open_library

TABLE = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:5 / /proc rw - proc proc rw
24 22 8:2 / {folder}/my\\040disk rw,relatime shared:2 master:1 - ext4 /dev/sdb1 rw
25 22 0:40 / {folder}/net rw - nfs4 server:/share rw
26 22 0:41 / {folder}/memory rw - tmpfs tmpfs rw
not a line
"""


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the system says of its disks; to be changed."""
    path = tmp_path / "mountinfo"
    path.write_text(TABLE.format(folder=tmp_path))
    monkeypatch.setattr(mounts, "_TABLE", path)
    for name in ("my disk", "net", "memory"):
        (tmp_path / name).mkdir()
    return path


def unmount(table: Path, name: str) -> None:
    """Take a disk away."""
    lines = table.read_text().splitlines(keepends=True)
    table.write_text("".join(line for line in lines if name not in line))


def test_a_folder_is_on_the_nearest_disk_above_it(table, tmp_path):
    assert mounts.mount_of(tmp_path / "net" / "a" / "b").kind == "nfs4"
    assert mounts.mount_of(tmp_path / "my disk").point == tmp_path / "my disk"
    assert mounts.mount_of(tmp_path / "network").point == Path("/")


def test_a_link_leads_to_the_disk_of_what_it_names(table, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "net")
    assert mounts.mount_of(tmp_path / "link" / "data").kind == "nfs4"


def test_where_the_system_says_nothing_nothing_is_known(monkeypatch, tmp_path):
    monkeypatch.setattr(mounts, "_TABLE", tmp_path / "none")
    assert mounts.mount_of(tmp_path) is None
    assert mounts.remark(tmp_path / "data") == ""


def test_b18_a_network_disk_is_recognised_and_remarked(table, tmp_path, starter_folder):
    with open_library(tmp_path / "net" / "data", starter_folder) as library:
        (note,) = library.notes
    assert note.startswith("NETWORK_FOLDER")
    assert "nfs4" in note


@pytest.mark.parametrize("name", ["Dropbox", "OneDrive - Work", "Google Drive", "Nextcloud"])
def test_b18_a_cloud_folder_is_known_by_its_name(table, tmp_path, name):
    assert mounts.remark(tmp_path / name / "whisperwave").startswith("CLOUD_FOLDER")


@pytest.mark.parametrize("mark", [".dropbox.cache", ".stfolder"])
def test_b18_a_cloud_folder_is_known_by_what_its_program_keeps_there(table, tmp_path, mark):
    (tmp_path / "music" / mark).mkdir(parents=True)
    assert mounts.remark(tmp_path / "music" / "data").startswith("CLOUD_FOLDER")


def test_b18_an_ordinary_folder_is_not_remarked(table, tmp_path):
    assert mounts.remark(tmp_path / "my disk" / "data") == ""


def test_b11_a_data_folder_whose_disk_is_not_mounted_is_refused_and_not_begun_anew(
    table, tmp_path, starter_folder
):
    folder = tmp_path / "my disk" / "data"
    with open_library(folder, starter_folder) as library:
        library.rate(1, "love")
    open_library(folder, starter_folder).close()
    unmount(table, "disk")
    away = (tmp_path / "my disk").rename(tmp_path / "away")
    (tmp_path / "my disk").mkdir()
    with pytest.raises(LibraryError) as caught:
        open_library(folder, starter_folder)
    assert caught.value.code == "ROOT_MISSING"
    assert str(tmp_path / "my disk") in caught.value.message
    assert list((tmp_path / "my disk").iterdir()) == []
    (tmp_path / "my disk").rmdir()
    away.rename(tmp_path / "my disk")
    with open_library(folder, starter_folder) as library:
        assert library.clip(1).rating == "love"


def test_b11_a_new_library_on_a_disk_that_never_had_one_is_begun(table, tmp_path, starter_folder):
    unmount(table, "disk")
    open_library(tmp_path / "my disk" / "data", starter_folder).close()


@pytest.mark.parametrize("place", ["memory", "ordinary"])
def test_b11_a_disk_that_cannot_be_taken_away_is_not_remembered(
    table, tmp_path, starter_folder, place
):
    for _ in range(2):
        with open_library(tmp_path / place / "data", starter_folder) as library:
            library.rate(1, "love")
    assert not moorings.register().exists()


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"{}"])
def test_a_register_that_makes_no_sense_is_no_hindrance(table, tmp_path, starter_folder, content):
    moorings.register().parent.mkdir(parents=True)
    moorings.register().write_bytes(content)
    for _ in range(2):
        with open_library(tmp_path / "my disk" / "data", starter_folder) as library:
            library.rate(1, "love")
    assert str(tmp_path / "my disk") in moorings.register().read_text()
