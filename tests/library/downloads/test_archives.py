import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from whisperwave.errors import DownloadError
from whisperwave.library.downloads import archives
from whisperwave.library.downloads.archives import open_store

FILES = {"a/one.txt": b"one", "a/two.txt": b"two" * 1000, "three.txt": b""}


def make_zip(path: Path, files: dict[str, bytes]) -> Path:
    """A zip file of these files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/", b"")
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def make_tar(path: Path, files: dict[str, bytes]) -> Path:
    """A compressed tar file of these files."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def make_folder(path: Path, files: dict[str, bytes]) -> Path:
    """A folder of these files."""
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


MAKERS = [make_zip, make_tar, make_folder]


@pytest.mark.parametrize("make", MAKERS)
def test_every_kind_of_store_gives_its_files(tmp_path, make):
    store = open_store(make(tmp_path / "store", FILES))
    assert sorted(store.names()) == sorted(FILES)
    assert dict(store.contents(FILES.keys())) == FILES
    assert dict(store.contents({"three.txt"})) == {"three.txt": b""}


@pytest.mark.parametrize("make", [make_zip, make_tar])
@pytest.mark.parametrize(
    "name",
    ["../evil", "a/../../evil", "/etc/evil", "C:/evil", "C:\\evil", "\\evil", "a\\..\\..\\evil"],
)
def test_an_archive_that_leads_out_of_its_folder_is_refused(tmp_path, make, name):
    path = make(tmp_path / "store", {"fine.txt": b"fine", name: b"evil"})
    with pytest.raises(DownloadError) as caught:
        open_store(path).names()
    assert caught.value.code == "ARCHIVE_UNSAFE"
    assert "evil" in caught.value.message


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_damage_in_a_compressed_file_of_a_zip_costs_that_file_alone(tmp_path, compression):
    path, content = tmp_path / "a.zip", bytes(range(256)) * 8
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("bad.txt", content)
        archive.writestr("good.txt", content)
        begin = 30 + len("bad.txt")
        size = archive.getinfo("bad.txt").compress_size
    whole, codes = path.read_bytes(), set()
    for place in range(begin, begin + min(size, 40)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        store = open_store(path)
        found = dict(store.contents(set(store.names())))
        assert found["good.txt"] == content
        if found["bad.txt"] != content:
            codes.add(found["bad.txt"].code)
    assert codes == {"ARCHIVE_DAMAGED"}


@pytest.mark.parametrize("names", [("a.txt", "a.txt"), ("a/b.txt", "a//b.txt"), ("a", "./a")])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_one_name_twice_is_refused(tmp_path, names):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    with pytest.raises(DownloadError, match="twice"):
        open_store(tmp_path / "a.zip").names()


def test_a_link_in_a_zip_file_is_refused(tmp_path):
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(DownloadError, match="link"):
        open_store(tmp_path / "a.zip").names()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_what_is_no_plain_file_in_a_tar_file_is_refused(tmp_path, kind):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        info = tarfile.TarInfo("odd")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(DownloadError) as caught:
        open_store(tmp_path / "a.tar").names()
    assert caught.value.code == "ARCHIVE_UNSAFE"


def test_an_encrypted_zip_file_is_refused(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"a": b"x"})
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02")
    content[at + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(DownloadError, match="encrypted"):
        open_store(path).names()


@pytest.mark.parametrize("make", [make_zip, make_tar])
@pytest.mark.parametrize("limit", ["LARGEST_MEMBER", "LARGEST_WHOLE"])
def test_a_bomb_is_refused_by_what_it_would_become(tmp_path, monkeypatch, make, limit):
    monkeypatch.setattr(archives, limit, 1_000_000)
    path = make(tmp_path / "store", {"a": bytes(999_999), "b": bytes(1_000_001)})
    assert path.stat().st_size < 10_000
    with pytest.raises(DownloadError, match="too large"):
        open_store(path).names()


def test_a_member_is_never_longer_than_it_says(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"a": bytes(1_000_000)})
    content = bytearray(path.read_bytes())
    for magic, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.rindex(magic) + offset
        content[at : at + 4] = (10).to_bytes(4, "little")
    path.write_bytes(content)
    store = open_store(path)
    assert "a" in store.names()
    ((_, found),) = store.contents({"a"})
    assert getattr(found, "code", None) == "ARCHIVE_DAMAGED" or len(found) == 10


def test_members_that_lie_in_each_other_are_refused(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"a": os.urandom(10_000), "b": b"x"})
    content = bytearray(path.read_bytes())
    first = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 4)  # of the file a
    second = content.index(b"PK\x01\x02", first + 4)
    content[second + 20 : second + 24] = content[first + 20 : first + 24]
    content[second + 42 : second + 46] = content[first + 42 : first + 46]
    path.write_bytes(content)
    with pytest.raises(DownloadError, match="one in the other"):
        open_store(path).names()


def test_a_damaged_member_costs_only_itself(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"a": os.urandom(5000), "b": b"whole"})
    content = bytearray(path.read_bytes())
    content[2500] ^= 0xFF
    path.write_bytes(content)
    found = dict(open_store(path).contents({"a", "b"}))
    assert found["b"] == b"whole"
    assert found["a"].code == "ARCHIVE_DAMAGED"


def test_a_cut_tar_file_is_damaged(tmp_path):
    path = make_tar(tmp_path / "a.tar.gz", {"a": os.urandom(100_000)})
    path.write_bytes(path.read_bytes()[:50_000])
    with pytest.raises(DownloadError) as caught:
        open_store(path).names()
    assert caught.value.code == "ARCHIVE_DAMAGED"


def test_a_name_as_long_as_memory_is_refused(tmp_path):
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("x" * 2_000_000))
    with pytest.raises(DownloadError) as caught:
        open_store(tmp_path / "a.tar.gz").names()
    assert caught.value.code in ("ARCHIVE_DAMAGED", "NO_ARCHIVE")


@pytest.mark.parametrize("content", [b"", b"<html>", b"PK\x03\x04"])
def test_what_is_no_archive_is_named(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(DownloadError) as caught:
        open_store(tmp_path / "a.zip")
    assert caught.value.code == "NO_ARCHIVE"


def test_links_out_of_a_folder_are_not_followed(tmp_path):
    folder = make_folder(tmp_path / "store", FILES)
    (folder / "link.txt").symlink_to("/etc/passwd")
    (folder / "up").symlink_to(tmp_path)
    assert sorted(open_store(folder).names()) == sorted(FILES)


def test_a_file_that_has_gone_from_a_folder_costs_only_itself(tmp_path):
    store = open_store(make_folder(tmp_path / "store", FILES))
    (tmp_path / "store" / "three.txt").unlink()
    found = dict(store.contents(FILES.keys()))
    assert found.pop("three.txt").code == "NO_SUCH_FILE"
    assert found.keys() == {"a/one.txt", "a/two.txt"}
