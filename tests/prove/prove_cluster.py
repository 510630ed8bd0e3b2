"""On a Ray cluster of two nodes, however often one dies: the bytes of this machine alone."""

import json
import random
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from whisperwave import modelfile
from whisperwave.datasets.preparing import Job, prepare
from whisperwave.datasets.recipe import Recipe, Source
from whisperwave.library import durable

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "workers")]
from connections import Watch
from nodes import IS_MISSING, Nodes, contents, told, two_nodes, whisperwave

pytestmark = pytest.mark.skipif(IS_MISSING, reason="the cluster extra is not installed")

RESULT = Path(__file__).parents[2] / "benchmarks" / "results" / "cluster.json"
RATE = 16_000
FILES, KILLS = 48, 6
FEATURES = ("f0", "loudness")
TINY = (
    "model.layers_per_block=3", "model.blocks=1", "model.residual_channels=8",
    "model.dilation_channels=8", "model.skip_channels=8", "model.end_channels=8",
    "model.conditioning_channels=2", "data.crop=256", "data.style_seconds=0.5",
    "trainer.batch_size=2", "trainer.threads=1", "trainer.preview_seconds=0",
    "trainer.validation_crops=2", "accelerator=cpu", "name=tiny",
)  # fmt: skip


@pytest.fixture(scope="module")
def found() -> Iterator[dict[str, object]]:
    """What was found; written when all is."""
    counts: dict[str, object] = {}
    yield counts
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    durable.write_bytes(RESULT, json.dumps(counts, indent=1).encode() + b"\n")


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory, found: dict[str, object]) -> Iterator[Nodes]:
    """A head and another node, alive at the beginning of each test."""
    started = time.monotonic()
    with two_nodes(tmp_path_factory.mktemp("nodes")) as nodes:
        found["seconds_to_start_two_nodes"] = round(time.monotonic() - started, 1)
        yield nodes
    assert nodes.processes == []


def write_sounds(folder: Path, count: int, seconds: float) -> Path:
    folder.mkdir()
    for number in range(count):
        noise = 0.1 * np.random.default_rng(number).standard_normal(round(seconds * RATE))
        soundfile.write(folder / f"{number:02}.wav", noise, RATE)
    return folder


def hidden(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".*") if path.name != ".lock"]


def test_a_set_has_the_same_bytes_however_often_a_node_dies(
    nodes: Nodes, tmp_path: Path, found: dict[str, object]
) -> None:
    sounds = write_sounds(tmp_path / "sounds", FILES, 4.0)
    prepare(Job(Recipe((Source(str(sounds)),), name="set", features=FEATURES), tmp_path / "here"))
    wanted, chance, killed = contents(tmp_path / "here"), random.Random(4), 0
    words = ("prepare", sounds, "--name", "set", "--features", ",".join(FEATURES))
    for _ in range(KILLS):
        child = whisperwave(*words, "--output", tmp_path / "there", "--cluster", nodes.address)
        while child.poll() is None and not nodes.has_worked:
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 2.0))
        nodes.kill_the_other()
        killed += child.poll() is None
        told(child)
        assert contents(tmp_path / "there") == wanted
        assert hidden(tmp_path) == []
        shutil.rmtree(tmp_path / "there")
        nodes.add_another()
    assert killed > 0
    found["prepare"] = {"files": FILES, "nodes_killed": KILLS, "while_at_work": killed,
                        "different_sets": 0, "left_over": 0}  # fmt: skip


def test_no_connection_leaves_the_cluster(
    nodes: Nodes, tmp_path: Path, found: dict[str, object]
) -> None:
    """Looked at every few hundredths of a second, the nodes and the command alike."""
    sounds = write_sounds(tmp_path / "sounds", 8, 1.0)
    words = ("prepare", sounds, "--output", tmp_path / "set", "--cluster", nodes.address)
    child = whisperwave(*words)
    watch = Watch()
    while child.poll() is None:
        watch.look([child.pid, *nodes.processes])
        time.sleep(0.02)
    told(child)
    cluster = nodes.address.rpartition(":")[0]
    assert cluster in watch.addresses | {"127.0.0.1"}, "the watch is blind"
    outside = {each for each in watch.addresses if each != cluster and each[:4] != "127."}
    assert outside == set()
    found["connections"] = {"looks": watch.looks, "outside_the_cluster": len(outside)}


def test_a_file_that_is_nowhere_is_refused_as_it_is_here(nodes: Nodes, tmp_path: Path) -> None:
    sounds = write_sounds(tmp_path / "sounds", 3, 0.5)
    (sounds / "03.wav").symlink_to(tmp_path / "gone.wav")
    words = ("prepare", sounds, "--output", tmp_path / "set", "--replace", "--json")
    ways = ((), ("--cluster", nodes.address))
    outcomes = [json.loads(whisperwave(*words, *way).communicate()[0]) for way in ways]
    here, there = (outcome["counts"] for outcome in outcomes)
    assert here == there
    assert (here["ok"], sum(here.values())) == (3, 4)


def test_a_grid_has_the_same_sounds_though_a_node_dies(
    nodes: Nodes, model_path: Path, tmp_path: Path, found: dict[str, object]
) -> None:
    classes = ("rain", "sea", "cello", "piano", "wind", "fire")
    words = ("grid", model_path, "--classes", *classes, "--seconds", "1")
    told(whisperwave(*words, "--output", tmp_path / "here"))
    there = ("--output", tmp_path / "there", "--at-once", "1", "--cluster", nodes.address, "--json")
    child = whisperwave(*words, *there)
    while child.poll() is None and not nodes.has_worked:
        time.sleep(0.01)
    nodes.kill_the_other()
    assert child.poll() is None
    assert json.loads(told(child))["made"] == len(classes)
    nodes.add_another()
    assert _sounds(tmp_path / "there") == _sounds(tmp_path / "here")
    assert hidden(tmp_path / "there") == []
    assert json.loads(told(whisperwave(*words, *there)))["kept"] == len(classes)
    found["grid"] = {"cells": len(classes), "nodes_killed": 1, "different_cells": 0}


def _sounds(grid: Path) -> dict[str, bytes]:
    """The sounds of a grid and their pictures; their figures have times."""
    return {name: data for name, data in contents(grid / "sounds").items() if name[-4:] != "json"}


@pytest.mark.train
def test_a_sweep_ends_with_the_same_weights(
    nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: dict[str, object]
) -> None:
    """Names of files are relative here: a node takes them from where the command is."""
    monkeypatch.chdir(write_sounds(tmp_path / "sounds", 4, 1.0).parent)
    words = ("train", "sounds", *TINY, "trainer.steps=3", "trainer.seed=1,2", "-m", "--json")
    told(whisperwave(*words, "folder=here"))
    lines = told(whisperwave(*words, "folder=there", "--cluster", nodes.address)).splitlines()
    events = [json.loads(line)["event"] for line in lines]
    assert events == ["run", "run", "done", "done", "swept"]
    for run in ("0", "1"):
        here, there = (_weights(tmp_path / way / "tiny" / run) for way in ("here", "there"))
        assert here.keys() == there.keys()
        assert all(np.array_equal(here[name], there[name]) for name in here)
    found["sweep"] = {"runs": 2, "different_weights": 0}


def _weights(run: Path) -> dict[str, np.ndarray]:
    return dict(modelfile.read(run / "tiny.safetensors").weights)


@pytest.mark.train
def test_a_sweep_that_is_stopped_keeps_the_steps_of_its_runs(
    nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: dict[str, object]
) -> None:
    """Ctrl-C has the runs on the nodes keep a checkpoint of the step in hand."""
    monkeypatch.chdir(write_sounds(tmp_path / "sounds", 4, 1.0).parent)
    words = ("train", "sounds", *TINY, "trainer.seed=1,2", "-m", "folder=there", "--json",
             "trainer.checkpoint_steps=1000000", "trainer.steps=1000000")  # fmt: skip
    child = whisperwave(*words, "--cluster", nodes.address)
    log = tmp_path / "there" / "tiny" / "0" / "log.jsonl"
    while child.poll() is None and not (log.exists() and '"event": "step"' in log.read_text()):
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    child.communicate()
    assert child.returncode == 130
    assert json.loads(log.read_text().splitlines()[-1])["event"] == "stopped"
    assert list(log.parent.glob("checkpoints/step-*"))
    found["sweep_stopped"] = {"checkpoints_kept": True}
