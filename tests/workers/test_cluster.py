"""A Ray cluster of two nodes on this machine makes what processes make, and one node may die.

The long version, with grids and sweeps, is tests/prove/prove_cluster.py.
"""

import json
import time

import numpy as np
import pytest
import soundfile
from nodes import IS_MISSING, contents, told, two_nodes, whisperwave

from whisperwave.datasets.preparing import Job, prepare
from whisperwave.datasets.recipe import Recipe, Source

pytestmark = pytest.mark.skipif(IS_MISSING, reason="the cluster extra is not installed")

RATE = 16_000


def test_a_node_that_dies_costs_a_set_no_byte(tmp_path):
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    for number in range(24):
        noise = 0.1 * np.random.default_rng(number).standard_normal(4 * RATE)
        soundfile.write(sounds / f"{number:02}.wav", noise, RATE)
    recipe = Recipe((Source(str(sounds)),), name="set", features=("f0", "loudness"))
    here = prepare(Job(recipe, tmp_path / "here")).prepared
    words = ("prepare", sounds, "--output", tmp_path / "there", "--name", "set", "--json")
    with two_nodes(tmp_path) as nodes:
        child = whisperwave(*words, "--features", "f0,loudness", "--cluster", nodes.address)
        while child.poll() is None and not nodes.has_worked:
            time.sleep(0.01)
        nodes.kill_the_other()
        assert child.poll() is None, "it was done before the node died"
        assert json.loads(told(child))["digest"] == here.digest
    assert contents(tmp_path / "there") == contents(tmp_path / "here")
    assert [path.name for path in tmp_path.iterdir() if path.name[0] == "."] == []
    assert nodes.processes == []
