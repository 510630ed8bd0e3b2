"""Rows D11 to D14 of the page of faults, on files that torch.save never wrote."""

import io
import os
import pickle
import resource
import stat
import zipfile

import pytest

from whisperwave.errors import ModelFileError

GIGABYTES = 226 * 2**30


class Calls:
    """Pickles as a call of any function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.fixture
def legacy(tmp_path):
    """A file of bare pickles, of which this is the first."""

    def write(pickled):
        path = tmp_path / "crafted.pt"
        path.write_bytes(pickled)
        return path

    return write


@pytest.fixture
def anywhere(request, zipped, legacy):
    """Puts a pickle where either form of file keeps one."""
    return {"zip": zipped, "legacy": legacy}[request.param]


both_forms = pytest.mark.parametrize("anywhere", ["zip", "legacy"], indirect=True)


@both_forms
@pytest.mark.parametrize("protocol", [2, 4])
def test_d11_a_pickle_that_calls_a_program_is_refused_and_runs_nothing(
    anywhere, protocol, tmp_path, refused
):
    marker = tmp_path / "marker"
    hostile = {"start_conv.weight": Calls(os.system, f"touch {marker}")}
    refused(anywhere(pickle.dumps(hostile, protocol)), "IMPORT_UNKNOWN_NAMES", "system")
    assert not marker.exists()


def test_the_marker_would_be_there_had_the_pickle_been_run(tmp_path):
    marker = tmp_path / "marker"
    pickle.loads(pickle.dumps(Calls(os.system, f"touch {marker}")))
    assert marker.exists()


@both_forms
def test_d13_every_unknown_name_is_listed(anywhere, refused):
    hostile = [Calls(os.getcwd), Calls(eval, "1 + 1"), Calls(io.BytesIO), Calls(pickle.loads, b"")]
    error = refused(anywhere(pickle.dumps(hostile, 2)), "IMPORT_UNKNOWN_NAMES")
    for name in ("posix.getcwd", "__builtin__.eval", "_io.BytesIO", "pickle.loads"):
        assert name in error.message


def test_d13_a_name_that_leads_from_a_known_one_is_unknown(zipped, refused):
    hostile = b"\x80\x04\x8c\x05torch\x8c\x18FloatStorage.__init__.__\x93."
    refused(zipped(hostile), "IMPORT_UNKNOWN_NAMES", "torch.FloatStorage.__init__")


def test_d13_text_in_a_name_cannot_act_on_a_terminal(zipped, refused):
    error = refused(zipped(b"cos\n\x1b[2Jsystem\n."), "IMPORT_UNKNOWN_NAMES")
    assert "os.\\x1b[2Jsystem" in error.message


@pytest.mark.parametrize(
    "bomb",
    [
        b"\x80\x04\x8e" + GIGABYTES.to_bytes(8, "little"),  # bytes
        b"\x80\x05\x96" + GIGABYTES.to_bytes(8, "little"),  # a bytearray
        b"\x80\x02]r\xff\xff\xff\x7f.",  # a memory of two thousand million things
        b"\x80\x02" + b"(" * 10**6 + b".",  # a stack that is never cleared
        b"\x80\x02" + b"]" * 10**6 + b"a" * (10**6 - 1) + b".",  # a list in a list in a list
        b"\x80\x02K\x01" + b"\x85" * 10**6 + b".",  # the same of tuples
    ],
)
@both_forms
def test_d12_a_pickle_that_asks_for_the_impossible_costs_nothing_here(anywhere, bomb, read):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ModelFileError) as error:
        read(anywhere(bomb))
    assert error.value.code in {"IMPORT_DAMAGED", "IMPORT_UNSUPPORTED", "IMPORT_CRASHED"}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024  # in KiB


def test_d12_a_7z_archive_is_named(tmp_path, refused):
    path = tmp_path / "model.pt"
    path.write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(500))
    refused(path, "IMPORT_UNKNOWN", "a 7z archive")


def test_d12_a_zip_in_a_zip_is_not_unpacked(zipped, pickled_dict, refused):
    inner = zipped(pickled_dict).read_bytes()
    refused(zipped(inner, "archive/model.pt"), "IMPORT_UNSUPPORTED", "no data.pkl")
    refused(zipped(inner, "model.pt"), "IMPORT_UNSUPPORTED", "torch.save")


def test_d12_a_packed_entry_is_never_unpacked(tmp_path, pickled_dict, refused):
    path = tmp_path / "bomb.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickled_dict)
        archive.writestr("archive/data/0", bytes(2**20), zipfile.ZIP_DEFLATED)
    refused(path, "IMPORT_ARCHIVE", "'archive/data/0' is packed")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../data.pkl", "leads out"),
        ("archive/../../data.pkl", "leads out"),
        ("/archive/data.pkl", "leads out"),
        ("archive\\..\\data.pkl", "means more"),
        ("C:archive/data.pkl", "means more"),
        ("archive//data.pkl", "leads out"),
        ("archive/\x1b[2J", "means more"),
    ],
)
def test_d14_a_name_that_leads_elsewhere_is_refused(name, words, zipped, pickled_dict, refused):
    refused(zipped(pickled_dict, name), "IMPORT_ARCHIVE", words)


def test_d14_a_link_is_refused(tmp_path, pickled_dict, refused):
    path = tmp_path / "link.pth"
    link = zipfile.ZipInfo("archive/data/0")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickled_dict)
        archive.writestr(link, "/etc/passwd")
    refused(path, "IMPORT_ARCHIVE", "is a link")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_d14_a_name_that_stands_twice_is_refused(zipped, pickled_dict, refused):
    path = zipped(pickled_dict, **{"data.pkl": pickled_dict})
    refused(path, "IMPORT_ARCHIVE", "'archive/data.pkl' stands 2 times")


def test_entries_that_share_their_bytes_are_refused(zipped, pickled_dict, refused):
    path = zipped(pickled_dict, **{"data/1": bytes(100_000), "data/2": bytes(100_000)})
    content = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        first, second = (archive.getinfo(f"archive/data/{n}").header_offset for n in (1, 2))
    # The directory names the first entry's bytes for the second one, whose own bytes are cut out.
    shared = content[:second] + content[second + 100_044 :]
    moved = shared.replace(second.to_bytes(4, "little"), first.to_bytes(4, "little"))
    path.write_bytes(moved)
    refused(path, "IMPORT_ARCHIVE", "they overlap")


def test_torchscript_is_a_program_and_refused(zipped, pickled_dict, refused):
    path = zipped(pickled_dict, **{"code/model.py": b"def forward(self): ...", "version": b"3\n"})
    refused(path, "IMPORT_UNSUPPORTED", "TorchScript")


def test_a_pickle_that_torch_did_not_write_is_refused(legacy, pickled_dict, refused):
    refused(legacy(pickled_dict), "IMPORT_UNSUPPORTED", "torch.save did not write")


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"RIFF....WAVE", b"{}", b"\x80\x02"])
def test_what_is_no_checkpoint_is_refused(content, tmp_path, read):
    path = tmp_path / "model.pt"
    path.write_bytes(content)
    with pytest.raises(ModelFileError) as error:
        read(path)
    assert error.value.code in {"IMPORT_UNKNOWN", "IMPORT_DAMAGED"}


def test_a_named_pipe_is_not_waited_for(tmp_path, read):
    path = tmp_path / "model.pt"
    os.mkfifo(path)
    with pytest.raises(ModelFileError, match="IMPORT_UNKNOWN"):
        read(path)
