import io
import json
import socket
from pathlib import Path

import numpy as np
import pytest
import soundfile

from whisperwave.cli import library_download, main
from whisperwave.library import downloads
from whisperwave.library.listing import read_listing


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """NUS-48E of one person and one song, unpacked."""
    for seed, manner in enumerate(("sing", "read")):
        path = tmp_path / "corpus" / "ADIZ" / manner / "01.wav"
        path.parent.mkdir(parents=True)
        buffer = io.BytesIO()
        noise = 0.1 * np.random.default_rng(seed).standard_normal(8000)
        soundfile.write(buffer, noise, 16000, format="WAV")
        path.write_bytes(buffer.getvalue())
    return tmp_path / "corpus"


def test_the_command_offers_the_sets_that_there_are():
    assert tuple(sorted(downloads.names())) == library_download.NAMES


def test_a_set_from_a_folder_goes_into_the_data_folder(capsys, corpus, data_folder):
    words = ["nus48e", "--from", str(corpus), "--accept-licence", "--rate", "8000"]
    assert main(["library", "download", *words]) == 0
    assert "2 files" in capsys.readouterr().out
    listing = read_listing(data_folder / "sets" / "nus48e" / "listing.json")
    assert (listing.speakers, listing.target_rate) == (("ADIZ",), 8000)


def test_the_result_as_json_has_the_listing_and_the_counts(capsys, corpus, tmp_path):
    words = ["nus48e", "--from", str(corpus), "--to", str(tmp_path / "here"), "--json"]
    assert main(["library", "download", *words, "--accept-licence"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["files"], said["counts"], said["is_new"]) == (2, {}, True)
    assert read_listing(Path(said["listing"])).speakers == ("ADIZ",)
    assert main(["library", "download", *words]) == 0
    assert not json.loads(capsys.readouterr().out)["is_new"]


def test_the_licence_is_shown_and_nothing_done_before_it_is_accepted(capsys, corpus, data_folder):
    assert main(["library", "download", "nus48e", "--from", str(corpus)]) == 2
    said = capsys.readouterr().err
    assert "research only" in said
    assert "LICENCE_NOT_ACCEPTED" in said
    assert not (data_folder / "sets").exists()


@pytest.mark.parametrize(("answer", "code"), [(True, 0), (False, 2)])
def test_who_sits_before_it_is_asked(capsys, corpus, monkeypatch, answer, code):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.confirm", lambda *_, **__: answer)
    assert main(["library", "download", "nus48e", "--from", str(corpus)]) == code


def test_a_set_without_an_address_says_where_to_ask(capsys):
    assert main(["library", "download", "nus48e", "--accept-licence", "--json"]) == 9
    error = json.loads(capsys.readouterr().err)["error"]
    assert error["code"] == "NO_ADDRESS"
    assert "smcnus.org" in error["message"]


def test_only_a_download_opens_a_connection(capsys, corpus, monkeypatch, own_clips):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    words = ["nus48e", "--from", str(corpus), "--accept-licence"]
    for command in (["list"], ["search", "hum"], ["download", *words]):
        assert main(["library", *command]) == 0
    words = ["vctk", "--from", "http://127.0.0.1:9/", "--accept-licence", "--rate", "8000"]
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10**12}))
    assert main(["library", "download", *words]) != 0
    assert "a connection was opened" in capsys.readouterr().err
