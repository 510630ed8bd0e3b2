import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import soundfile

from whisperwave.errors import ConfigError, DownloadError, OutputError
from whisperwave.library import decode
from whisperwave.library.downloads import Download, download, downloading, find, names
from whisperwave.library.downloads.manifest import read_manifest, read_sums
from whisperwave.library.listing import read_listing

ZIPS = {"vctk": "VCTK-Corpus-0.92.zip", "vocalset": "VocalSet11.zip"}


@pytest.fixture
def files(vctk_files, vocalset_files, nus48e_files) -> dict[str, dict[str, bytes]]:
    """The files of each set."""
    return {"vctk": vctk_files, "vocalset": vocalset_files, "nus48e": nus48e_files}


@pytest.fixture
def put(tmp_path: Path) -> Callable[[dict[str, bytes]], Path]:
    """Puts files into a folder."""

    def into(files: dict[str, bytes], name: str = "unpacked") -> Path:
        for path, content in files.items():
            (tmp_path / name / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name / path).write_bytes(content)
        return tmp_path / name

    return into


def as_zip(files: dict[str, bytes]) -> bytes:
    """A zip archive of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Changes what is known of a set's archive, for the true ones are too large for a test."""

    def to(name: str, **changes: object) -> None:
        chosen = find(name)
        archive = replace(chosen.archives[0], **{"sha256": None, "size": None, **changes})
        module = f"whisperwave.library.downloads.sets.{name}.SET"
        monkeypatch.setattr(module, replace(chosen, archives=(archive,)))

    return to


@pytest.fixture
def mirror(behaviour, server, files, change, monkeypatch) -> str:
    """A mirror of the two sets that can be downloaded."""
    monkeypatch.setattr("whisperwave.library.downloads.fetching.Patience.pause", lambda *_: None)
    for name, archive in ZIPS.items():
        change(name)
        behaviour.files[f"/{archive}"] = as_zip(files[name])
    return server


@pytest.fixture
def wish(tmp_path: Path) -> Callable[..., Download]:
    """A download into a folder, its licence accepted."""
    return lambda name, **options: Download(
        name, tmp_path / "here", is_licence_accepted=True, **options
    )


def test_the_sets_are_found_by_their_file_names():
    assert names() == ("nus48e", "vctk", "vocalset")
    assert [find(name).name for name in names()] == list(names())


@pytest.mark.parametrize("name", names())
def test_every_set_says_its_licence_and_where_all_of_it_is(name):
    chosen = find(name)
    assert len(chosen.licence) > 30
    assert chosen.licence_address.startswith("https://")
    assert chosen.archives[0].address.startswith("https://") or chosen.asking


def test_what_is_published_of_vctk_is_known():
    (archive,) = find("vctk").archives
    assert (archive.size, archive.sha256[:8]) == (11_747_302_977, "f96258be")


def test_a_set_is_downloaded_and_listed_by_speaker(mirror, wish, behaviour):
    done = download(wish("vctk", origin=mirror))
    listing = read_listing(done.listing)
    assert listing.speakers == listing.classes == ("p225", "s5")
    assert [item.path for item in listing.items] == [
        f"sounds/{speaker}/{speaker}_{number:03}_mic1.flac"
        for speaker in ("p225", "s5")
        for number in (1, 2, 3)
    ]
    for item in listing.items:
        content = listing.path_of(item).read_bytes()
        assert sha256(content).hexdigest() == item.sha256
        assert decode(listing.path_of(item)).seconds == item.seconds
    assert listing.items[0].tags == {"set": "vctk", "sentence": "001"}
    assert not (done.listing.parent / "archives").exists()


def test_sounds_come_as_they_were_or_at_the_wished_rate(mirror, wish, vctk_files, tmp_path):
    plain = read_listing(download(wish("vctk", origin=mirror)).listing)
    member = "wav48_silence_trimmed/p225/p225_001_mic1.flac"
    assert plain.path_of(plain.items[0]).read_bytes() == vctk_files[member]
    other = replace(wish("vctk", origin=mirror), folder=tmp_path / "b", sample_rate=8000)
    at_rate = read_listing(download(other).listing)
    assert at_rate.target_rate == 8000
    assert {item.sample_rate for item in at_rate.items} == {8000}
    audio = decode(at_rate.path_of(at_rate.items[0]))
    assert (audio.sample_rate, audio.channels, audio.seconds) == (8000, 1, 0.3)


def test_a_sound_that_would_pass_full_scale_is_made_quieter(wish, put):
    loud = np.where(np.arange(8000) // 20 % 2, 0.999, -0.999)
    buffer = io.BytesIO()
    soundfile.write(buffer, loud, 16000, format="WAV")
    origin = put({"nus/ADIZ/sing/01.wav": buffer.getvalue()})
    listing = read_listing(download(wish("nus48e", origin=str(origin), sample_rate=8000)).listing)
    peak = float(np.abs(decode(listing.path_of(listing.items[0])).samples).max())
    assert 0.99 < peak <= 1.0


def test_the_technique_of_a_singer_is_a_tag(mirror, wish):
    listing = read_listing(download(wish("vocalset", origin=mirror)).listing)
    assert listing.speakers == ("female1", "male11")
    assert listing.items[0].tags == {
        "set": "vocalset", "context": "arpeggios", "technique": "belt",
    }  # fmt: skip
    assert len(listing.items) == 4


@pytest.mark.parametrize("kind", ["folder", "zip in a folder", "zip"])
def test_what_must_be_asked_for_is_taken_from_a_folder(wish, put, nus48e_files, kind):
    if kind == "folder":
        origin = put(nus48e_files)
    else:
        origin = put({"nus-smc-corpus_48.zip": as_zip(nus48e_files)})
        origin = origin / "nus-smc-corpus_48.zip" if kind == "zip" else origin
    listing = read_listing(download(wish("nus48e", origin=str(origin))).listing)
    assert listing.speakers == ("ADIZ", "JLEE")
    assert [Path(item.path).name for item in listing.items[:4]] == [
        "read-01.wav", "read-09.wav", "sing-01.wav", "sing-09.wav",
    ]  # fmt: skip
    assert listing.items[0].tags == {"set": "nus48e", "manner": "read", "song": "01"}
    assert origin.exists()


def test_what_has_no_address_says_where_to_ask(wish):
    with pytest.raises(DownloadError, match="National University of Singapore") as caught:
        download(wish("nus48e"))
    assert caught.value.code == "NO_ADDRESS"
    assert "--from" in caught.value.remedy


def test_the_own_address_is_used_where_no_other_is_named(mirror, wish, behaviour, change):
    change("vctk", address=f"{mirror}/VCTK-Corpus-0.92.zip")
    assert download(wish("vctk")).manifest.files == 6
    assert [path for path, _ in behaviour.asked] == ["/VCTK-Corpus-0.92.zip"]


def test_nothing_happens_before_the_licence_is_accepted(mirror, wish, behaviour, tmp_path):
    with pytest.raises(ConfigError, match="CC BY 4") as caught:
        download(replace(wish("vctk", origin=mirror), is_licence_accepted=False))
    assert caught.value.code == "LICENCE_NOT_ACCEPTED"
    assert behaviour.asked == []
    assert not (tmp_path / "here").exists()


def test_what_is_here_is_not_asked_for_again(mirror, wish, behaviour):
    first = download(wish("vctk", origin=mirror))
    behaviour.asked.clear()
    second = download(replace(wish("vctk", origin=mirror), is_licence_accepted=False))
    assert behaviour.asked == []
    assert (first.is_new, second.is_new) == (True, False)
    assert second.manifest == first.manifest


def test_a_disk_without_room_is_told_before_anything_is_asked(
    wish, behaviour, mirror, change, monkeypatch
):
    change("vctk", size=10**9)
    usage = type("Usage", (), {"free": 10**9})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    with pytest.raises(OutputError, match="GB are free") as caught:
        download(wish("vctk", origin=mirror))
    assert caught.value.code == "DISK_FULL"
    assert behaviour.asked == []


def test_an_archive_with_another_digest_is_refused_and_not_kept(mirror, wish, change, tmp_path):
    change("vctk", sha256="0" * 64)
    with pytest.raises(DownloadError, match="0" * 64) as caught:
        download(wish("vctk", origin=mirror))
    assert caught.value.code == "DIGEST_WRONG"
    assert not any((tmp_path / "here" / "archives").iterdir())
    assert not (tmp_path / "here" / "sounds").exists()


def test_wrong_bytes_in_the_middle_are_found_by_the_mirror_s_own_sums(
    mirror, wish, behaviour, vctk_files
):
    right = as_zip(vctk_files)
    sums = f"{sha256(right).hexdigest()}  VCTK-Corpus-0.92.zip\n"
    behaviour.files["/SHA256SUMS"] = sums.encode()
    wrong = bytearray(behaviour.files["/VCTK-Corpus-0.92.zip"])
    wrong[len(wrong) // 2] ^= 1
    behaviour.files["/VCTK-Corpus-0.92.zip"] = bytes(wrong)
    with pytest.raises(DownloadError, match="DIGEST_WRONG"):
        download(wish("vctk", origin=mirror))
    behaviour.files["/VCTK-Corpus-0.92.zip"] = right
    assert download(wish("vctk", origin=mirror)).manifest.files == 6


def test_sums_beside_a_local_archive_are_checked_and_the_archive_stays(wish, put, nus48e_files):
    origin = put({"nus-smc-corpus_48.zip": as_zip(nus48e_files),
                  "SHA256SUMS": b"0" * 64 + b" *nus-smc-corpus_48.zip\n"})  # fmt: skip
    with pytest.raises(DownloadError, match="DIGEST_WRONG"):
        download(wish("nus48e", origin=str(origin)))
    assert (origin / "nus-smc-corpus_48.zip").exists()


def test_a_digest_that_nobody_published_is_noted_and_must_stay(
    mirror, wish, behaviour, vctk_files, monkeypatch
):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(downloading, "_unpack", stop)
        with pytest.raises(KeyboardInterrupt):
            download(wish("vctk", origin=mirror))
    noted = read_manifest(wish("vctk").folder).archives["VCTK-Corpus-0.92.zip"]
    assert noted == sha256(behaviour.files["/VCTK-Corpus-0.92.zip"]).hexdigest()
    (wish("vctk").folder / "archives" / "VCTK-Corpus-0.92.zip").unlink()
    behaviour.files["/VCTK-Corpus-0.92.zip"] = as_zip(vctk_files | {"more.txt": b"x"})
    with pytest.raises(DownloadError, match=noted):
        download(wish("vctk", origin=mirror))


def test_after_a_stop_at_any_sound_the_rest_is_done_and_nothing_twice(
    mirror, wish, behaviour, monkeypatch
):
    done: list[str] = []
    honest = downloading._kept

    def counted(member: str, *rest: object):
        if len(done) in (1, 4):
            done.append("stopped")
            raise KeyboardInterrupt
        done.append(member)
        return honest(member, *rest)

    monkeypatch.setattr(downloading, "_kept", counted)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            download(wish("vctk", origin=mirror))
    result = download(wish("vctk", origin=mirror))
    assert result.manifest.files == 6
    assert len(set(done)) - 1 == len(done) - 2 == 6
    assert [path for path, _ in behaviour.asked].count("/VCTK-Corpus-0.92.zip") == 1


def test_a_torn_line_of_the_ledger_is_done_again(mirror, wish, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(downloading, "_listed", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            download(wish("vctk", origin=mirror))
    ledger = wish("vctk").folder / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    assert len(lines) == 6
    ledger.write_bytes(b"".join([*lines[:2], b"00000000 " + lines[2][9:], *lines[3:]])[:-5])
    assert download(wish("vctk", origin=mirror)).manifest.files == 6


def test_a_damaged_sound_is_left_out_and_counted(wish, put, nus48e_files):
    broken = dict(nus48e_files)
    first = "nus-smc-corpus_48/ADIZ/sing/01.wav"
    broken[first] = broken[first][:2000]
    result = download(wish("nus48e", origin=str(put(broken))))
    assert (result.manifest.files, result.manifest.counts) == (7, {"AUDIO_TRUNCATED": 1})


def test_two_sounds_of_one_name_stay_two(wish, put, nus48e_files):
    some = nus48e_files["nus-smc-corpus_48/ADIZ/sing/01.wav"]
    origin = put({f"{where}/sing/01.wav": some for where in ("a/ADIZ", "b/ADIZ", "c/adiz")})
    listing = read_listing(download(wish("nus48e", origin=str(origin))).listing)
    paths = sorted(item.path.casefold() for item in listing.items)
    assert len(set(paths)) == 3


def test_odd_names_in_an_archive_become_plain_ones(wish, put, nus48e_files):
    some = nus48e_files["nus-smc-corpus_48/ADIZ/sing/01.wav"]
    origin = put({"Jön Dö$/sing/a b.wav": some})
    listing = read_listing(download(wish("nus48e", origin=str(origin))).listing)
    assert listing.items[0].path == "sounds/J-n-D/sing-a-b.wav"
    assert listing.speakers == ("Jön Dö$",)


def test_another_set_s_archive_is_refused(wish, put, vctk_files):
    with pytest.raises(DownloadError) as caught:
        download(wish("nus48e", origin=str(put(vctk_files))))
    assert caught.value.code == "NO_SOUNDS"


def test_a_folder_holds_one_set_at_one_rate(mirror, wish):
    download(wish("vctk", origin=mirror))
    for other, code in (("vocalset", "OTHER_SET"), ("vctk", "OTHER_RATE")):
        with pytest.raises(DownloadError) as caught:
            download(wish(other, origin=mirror, sample_rate=8000))
        assert caught.value.code == code


def test_archives_are_kept_if_they_are_wanted(mirror, wish):
    done = download(wish("vctk", origin=mirror, keeps_archives=True))
    download(wish("vctk", origin=mirror))
    assert (done.listing.parent / "archives" / "VCTK-Corpus-0.92.zip").exists()


def test_what_a_kill_in_the_last_moment_has_left_goes_the_next_time(mirror, wish, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(downloading, "_tidy", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            download(wish("vctk", origin=mirror))
    folder = download(wish("vctk", origin=mirror)).listing.parent
    assert {path.name for path in folder.iterdir()} == {
        "sounds", "listing.json", "manifest.json", "lock",
    }  # fmt: skip


def test_the_listing_moves_with_its_folder(mirror, wish, tmp_path):
    download(wish("vctk", origin=mirror))
    (tmp_path / "here").rename(tmp_path / "there")
    listing = read_listing(tmp_path / "there" / "listing.json")
    assert all(listing.path_of(item).is_file() for item in listing.items)


def test_two_downloads_at_once_do_not_mix(mirror, wish, monkeypatch):
    honest = downloading._unpack

    def second(*rest: object):
        with pytest.raises(DownloadError, match="DOWNLOAD_RUNNING"):
            download(wish("vctk", origin=mirror))
        return honest(*rest)

    monkeypatch.setattr(downloading, "_unpack", second)
    assert download(wish("vctk", origin=mirror)).manifest.files == 6


def test_a_manifest_that_makes_no_sense_is_named(wish):
    wish("vctk").folder.mkdir()
    for text in ("", "[]", "{}", json.dumps({"format": "whisperwave-download", "version": 9})):
        (wish("vctk").folder / "manifest.json").write_text(text)
        with pytest.raises(DownloadError) as caught:
            download(wish("vctk"))
        assert caught.value.code == "MANIFEST_BAD"


def test_a_source_that_is_not_there_is_refused(wish):
    with pytest.raises(ConfigError, match="nowhere"):
        download(wish("nus48e", origin="nowhere"))


def test_a_rate_that_cannot_be_is_refused(wish):
    with pytest.raises(ConfigError, match="OUT_OF_RANGE"):
        wish("vctk", sample_rate=7)


def test_progress_is_told_in_bytes_and_then_in_files(mirror, wish):
    told: list[tuple[float, float]] = []
    download(wish("vctk", origin=mirror), lambda done, whole: told.append((done, whole)))
    assert told[0][1] > 1000
    assert told[-1] == (6, 6)


def test_only_lines_of_sums_are_sums():
    digest = "AB" * 32
    text = f"{digest}  a.zip\n{digest} *./b.zip\nnot a sum\n{digest[:-1]}  c.zip\n{digest}\n\n"
    assert read_sums(text) == {"a.zip": digest.lower(), "b.zip": digest.lower()}
