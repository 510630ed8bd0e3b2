"""What a machine is asked to do, it does only where it sees what we see."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from whisperwave.cli import main
from whisperwave.errors import ConfigError, WorkerError
from whisperwave.workers import Cluster, Needs, Processes, cluster
from whisperwave.workers.order import Order, Unseen, results_of, witness


def lengths(path: Path) -> list[int]:
    """One result for a file that is there, else none."""
    return [path.stat().st_size] if path.exists() else []


@pytest.fixture
def order(tmp_path, monkeypatch):
    """An order given in a folder with a witness."""
    monkeypatch.chdir(tmp_path)
    with witness(tmp_path / "out") as seen:
        yield Order(lengths, seen)


def test_work_is_done_to_each_item_in_the_folder_where_it_was_ordered(order, monkeypatch, tmp_path):
    Path("a").write_bytes(b"aa")
    Path("b").write_bytes(b"bbb")
    monkeypatch.chdir("/")
    items = [(Path(name), (Path(name),)) for name in "ab"]
    assert order.carry_out(items) == [[2], [3]]
    assert Path.cwd() == tmp_path


def test_a_machine_that_does_not_see_the_output_is_refused(order):
    order.witness.path.unlink()
    with pytest.raises(WorkerError, match=r"NOT_SHARED: .*out'.*share under one name"):
        order.carry_out([])


def test_a_machine_with_another_folder_of_that_name_is_refused(order):
    order.witness.path.write_text("of another machine")
    with pytest.raises(WorkerError, match="NOT_SHARED"):
        order.carry_out([])


def test_a_machine_without_the_folder_of_the_command_is_refused(order, tmp_path):
    with pytest.raises(WorkerError, match=r"NOT_SHARED: .*elsewhere"):
        replace(order, here=tmp_path / "elsewhere").carry_out([])


def test_a_machine_with_another_version_is_refused(order):
    with pytest.raises(WorkerError, match=r"OTHER_VERSION: .*0\.0\.0"):
        replace(order, version="0.0.0").carry_out([])


def test_a_file_that_only_that_machine_does_not_see_ends_all(order):
    there = Path("there")
    (answer,) = order.carry_out([(there, (there,))])
    assert isinstance(answer, Unseen)
    there.write_bytes(b"now")
    with pytest.raises(WorkerError, match=r"NOT_SHARED: .*'there'"):
        list(results_of([answer], [there], lengths))


def test_a_file_that_is_nowhere_fails_as_it_does_here(order):
    gone = Path("gone")
    answers = order.carry_out([(gone, (gone,))])
    assert list(results_of(answers, [gone], lambda path: [path.exists()])) == [False]


def test_a_witness_goes_when_the_work_is_done(tmp_path):
    with witness(tmp_path / "new" / "out") as seen:
        assert seen.is_seen()
    assert list((tmp_path / "new" / "out").iterdir()) == []


def test_the_witness_of_a_command_that_was_killed_is_swept(tmp_path):
    (tmp_path / ".witness-0.tmp.999999999").write_text("0")
    with witness(tmp_path) as seen:
        assert list(tmp_path.iterdir()) == [seen.path]


@pytest.mark.parametrize("address", ["", "my-sounds/", "ray://head:10001", "head", "head:port"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(ConfigError, match="BAD_CLUSTER"):
        Cluster(address)


@pytest.mark.parametrize("address", ["auto", "10.0.0.1:6379", "head.lan:6379", "[::1]:6379"])
def test_addresses_as_ray_says_them_are_taken(address):
    assert Cluster(address).address == address


def test_without_ray_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster.importlib.util, "find_spec", lambda _: None)
    work = Cluster().do(lengths, [tmp_path], tmp_path, lambda _: Needs())
    with pytest.raises(WorkerError, match=r'NO_RAY: .*pip install "\.\[cluster\]"'):
        list(work)


def test_ray_tells_its_makers_nothing_from_before_it_is_imported(monkeypatch):
    told = {}
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(cluster.importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(
        cluster.importlib, "import_module", lambda name: told.update({name: dict(os.environ)})
    )
    cluster._ray()
    assert told["ray"]["RAY_USAGE_STATS_ENABLED"] == "0"


def test_processes_and_a_cluster_are_not_asked_for_together(tmp_path, capsys):
    words = ["prepare", str(tmp_path), "-o", str(tmp_path / "set")]
    assert main([*words, "--workers", "2", "--cluster", "auto"]) == 2
    assert "TWO_PLACES" in capsys.readouterr().err


def test_an_item_takes_one_thread_unless_more_are_asked_for():
    assert [each.threads(None) for each in (Processes(), Processes(2), Cluster())] == [None, 1, 1]
    assert [each.threads(3) for each in (Processes(), Processes(2), Cluster())] == [3, 3, 3]
