import json

from whisperwave.cli import doctor, main
from whisperwave.errors import LibraryError


def test_a_whole_installation_is_well(capsys):
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["well"]
    looks = {finding["name"]: finding for finding in found["findings"]}
    assert all(finding["well"] for finding in looks.values() if finding["needed"])
    assert "scalar" in looks["engine"]["found"]
    assert "104 clips" in looks["library"]["found"]


def test_the_answer_for_people_has_a_line_for_each_look(capsys):
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:4].strip() in {"ok", "none"} for line in lines[:-1]].count(False) == 0
    assert lines[-1] == "All is well."


def test_what_is_missing_is_named_with_its_remedy_and_the_exit_code_says_so(capsys, monkeypatch):
    def locked() -> str:
        raise LibraryError("LIBRARY_LOCKED", "it is locked.", "Wait a moment.")

    looks = (("library", True, locked), ("training", False, locked))
    monkeypatch.setattr(doctor, "_LOOKS", looks)
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "BAD  library: it is locked. Wait a moment." in out
    assert "none training" in out


def test_b17_a_damaged_library_is_named_and_left_as_it_is(capsys, monkeypatch, data_folder):
    data_folder.mkdir()
    catalogue = data_folder / "catalogue.sqlite"
    catalogue.write_bytes(b"words, not rows " * 100)
    looks = [look for look in doctor._LOOKS if look[0] == "library"]
    monkeypatch.setattr(doctor, "_LOOKS", looks)
    assert main(["doctor"]) == 1
    assert "BAD  library" in capsys.readouterr().out
    assert catalogue.read_bytes() == b"words, not rows " * 100


def test_something_optional_may_be_missing(capsys, monkeypatch):
    def absent() -> str:
        raise LibraryError("NONE", "not here.", "Install it.")

    monkeypatch.setattr(doctor, "_LOOKS", (("loudspeakers", False, absent),))
    assert main(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["well"]
