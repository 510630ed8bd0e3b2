"""Every way to generate foretells the same, and a wrong one is found out."""

import numpy as np
import pytest

from whisperwave.benchmarks.wavenet_ways import catalogue, random_network
from whisperwave.benchmarks.wavenet_ways.engine import Engine
from whisperwave.benchmarks.wavenet_ways.exam import Exam, divergence_bits
from whisperwave.benchmarks.wavenet_ways.presets import PRESETS
from whisperwave.errors import EngineError

SMALL = PRESETS["calm"] | {"layers_per_block": 4, "skip_channels": 24, "end_channels": 40}
STEPPED = [each for each in catalogue.FOREIGN if "Window" not in each.name]


@pytest.fixture(scope="module", params=[0, 3], ids=["unsteered", "steered"])
def network(request):
    return random_network(SMALL | {"conditioning_channels": request.param})


def made(foreign, network):
    if catalogue.missing(foreign):
        pytest.skip(f"needs {' and '.join(foreign.packages)}")
    return catalogue.made(foreign, network)


@pytest.mark.parametrize("foreign", catalogue.FOREIGN, ids=lambda each: each.name)
def test_a_way_foretells_what_the_oracle_does_however_long_it_runs(network, foreign):
    way = made(foreign, network)
    beyond = 1 if way.needs_whole_window else 5  # times the receptive field
    classes = np.random.default_rng(0).integers(0, 256, beyond * network.receptive_field).tolist()
    given = way.logits(classes)
    expected = Engine(network, "scalar").logits(classes)[-len(given) :]
    assert len(given) == (1 if way.needs_whole_window else len(classes))
    np.testing.assert_allclose(given, expected, atol=1e-4)


@pytest.mark.parametrize("foreign", STEPPED, ids=lambda each: each.name)
def test_a_way_that_steps_remembers_what_it_generated(network, foreign):
    moved, fresh = (made(foreign, network) for _ in range(2))
    moved.generate(3)
    assert not np.allclose(moved.logits([128]), fresh.logits([128]))


def test_an_exam_is_failed_by_logits_that_are_off_by_a_thousandth(network):
    class Wrong(Engine):
        def logits(self, classes):
            return 1.001 * super().logits(classes)

    with pytest.raises(EngineError, match=r"its logits differ by 0\.001") as caught:
        Exam(network).sit(Wrong(network))
    assert caught.value.code == "WRONG_WAY"


def test_an_exam_that_is_passed_costs_no_bits(network):
    assert Exam(network).sit(Engine(network)) == pytest.approx(0.0, abs=1e-9)


def test_to_foretell_three_to_one_where_it_is_even_costs_a_fifth_of_a_bit():
    even, told = np.zeros((1, 2)), np.log([[3.0, 1.0]])
    assert divergence_bits(even, told) == pytest.approx(0.5 * np.log2(4 / 3))


def test_classes_are_drawn_as_often_as_they_are_foretold():
    graphs = pytest.importorskip("whisperwave.benchmarks.wavenet_ways.graphs", exc_type=ImportError)
    generator = np.random.default_rng(1)
    logits = np.log(np.float32([0.7, 0.05, 0.25]))
    drawn = [graphs.drawn(logits, generator) for _ in range(4000)]
    shares = np.bincount(drawn, minlength=3) / len(drawn)
    np.testing.assert_allclose(shares, [0.7, 0.05, 0.25], atol=0.03)
