"""Incremental = parallel: the engine over random architectures, of classes and of mixtures."""

import numpy as np
import pytest
from any_wavenets import a_guide, played, runtime, shapes, tokens
from hypothesis import given, settings
from hypothesis import strategies as st
from rounded_oracles import Bfloat16Network, ByteNetwork, calibrated
from tiny_wavenets import TINY, config, random_weights, signature

from whisperwave import _engine
from whisperwave.errors import EngineError
from whisperwave.modelfile.layouts import wavenet
from whisperwave.runtimes.backends.native import NativeNetwork
from whisperwave.runtimes.backends.reference import ReferenceNetwork
from whisperwave.runtimes.mixtures import draw_value
from whisperwave.runtimes.philox import random_words
from whisperwave.runtimes.sampling import Sampling

SETS = _engine.instruction_sets()
ORACLES = {"float32": ReferenceNetwork, "bfloat16": Bfloat16Network, "int8": ByteNetwork}
VALUES = {"classes": 0, "scalar_input": 1}
MIXTURES = [
    VALUES | {"logistics": 1},
    VALUES | {"logistics": 4, "channels": 2},
    VALUES | {"gaussians": 3, "channels": 3, "initial_kernel_size": 3},
]
SEED = 3  # of what `played` plays


# What is rounded may fall to the other side of a tie: rarely, and then by one step of 256 or 127.
TOLERANCES = {"float32": 1e-5, "bfloat16": 0.02, "int8": 0.05}


def told(shape, generator):
    """A random condition: style and controls as one vector."""
    numbers = shape["conditioning_channels"] + shape["control_channels"]
    return generator.normal(size=numbers).astype(np.float32)


def foretold(network, shape, condition, samples):
    """What `network` foretells of each of `samples`, all at once."""
    before = ReferenceNetwork(shape, {}, signature(shape)).silence
    out = np.empty((len(samples), wavenet.numbers_told(shape)), np.float32)
    network.open(condition, Sampling(), 0, 0).predict(np.concatenate([before, samples[:-1]]), out)
    return out


@settings(max_examples=50, deadline=None)
@given(shapes, st.integers(0, 2**32))
def test_any_architecture_answers_like_its_oracle_and_alike_on_every_instruction_set(shape, seed):
    generator = np.random.default_rng(seed)
    weights = calibrated(shape, random_weights(shape, seed), generator)
    heard = tokens(shape, generator)
    for precision, oracle in ORACLES.items():
        plain = runtime(oracle, shape, weights)
        guide = a_guide(plain, shape, np.random.default_rng(seed))
        players = [
            runtime(NativeNetwork, shape, weights, isa=isa, precision=precision) for isa in SETS
        ]
        answers = [player.logits(heard, guide) for player in players]
        expected = plain.logits(heard, guide)
        error = np.linalg.norm(answers[0] - expected) / np.linalg.norm(expected)
        assert error < TOLERANCES[precision]
        for answer in answers[1:]:
            np.testing.assert_array_equal(answer, answers[0])


@settings(max_examples=20, deadline=None)
@given(shapes.filter(lambda shape: shape["classes"]), st.integers(0, 2**32))
def test_the_likeliest_class_is_the_oracle_s_unless_two_are_all_but_equal(shape, seed):
    weights, generator = random_weights(shape, seed), np.random.default_rng(seed)
    heard = tokens(shape, generator)
    plain, player = (runtime(kind, shape, weights) for kind in (ReferenceNetwork, NativeNetwork))
    guide = a_guide(plain, shape, np.random.default_rng(seed))
    expected, answers = plain.logits(heard, guide), player.logits(heard, guide)
    rows = np.arange(len(heard))
    short = expected.max(axis=1) - expected[rows, answers.argmax(axis=1)]
    assert (short <= 1e-5 * np.abs(expected).max()).all()  # a tie, but for what floats round


@settings(max_examples=50, deadline=None)
@given(
    shapes,
    st.lists(st.integers(0, 150), min_size=2, max_size=5),
    st.sampled_from(SETS),
    st.sampled_from(list(ORACLES)),
)
def test_any_architecture_hears_samples_at_once_as_one_by_one(shape, cuts, isa, precision):
    generator = np.random.default_rng(len(cuts))
    weights = calibrated(shape, random_weights(shape), generator)
    network = NativeNetwork(shape, weights, signature(shape), isa, precision)
    condition, heard = told(shape, generator), tokens(shape, generator, sum(cuts))
    single = [1] * len(heard)
    outs, foretelling = [], []
    for sizes in ([len(heard)], cuts, single):
        primed, foreteller = (network.open(condition, Sampling(), 0, 0) for _ in range(2))
        out = np.empty((20, shape.get("channels", 1)), np.float32)
        row = np.empty((len(heard), wavenet.numbers_told(shape)), np.float32)
        ends = np.cumsum(sizes)[:-1]
        for part, room in zip(np.split(heard, ends), np.split(row, ends), strict=True):
            primed.prime(part)
            foreteller.predict(part, room)
        primed.process(out)
        outs.append(out)
        foretelling.append(row)
    for other in (1, 2):
        np.testing.assert_array_equal(outs[other], outs[0])
        np.testing.assert_array_equal(foretelling[other], foretelling[0])


@settings(max_examples=50, deadline=None)
@given(shapes, st.integers(0, 2**32))
def test_what_any_architecture_plays_is_drawn_from_what_the_oracle_foretells_of_it(shape, seed):
    generator = np.random.default_rng(seed)
    weights, condition = random_weights(shape, seed), told(shape, generator)
    facts = signature(shape)
    samples = played(NativeNetwork(shape, weights, facts), shape, condition, Sampling(), 60)
    rows = foretold(ReferenceNetwork(shape, weights, facts), shape, condition, samples)
    for position, (sample, row) in enumerate(zip(samples, rows, strict=True)):
        if shape["classes"]:
            word = random_words(SEED, 0, position)[0]
            assert sample in picked(row, word)
        else:
            mixtures = np.split(row, shape["channels"])
            for channel, (value, mixture) in enumerate(zip(sample, mixtures, strict=True)):
                words = random_words(SEED, 0, position * shape["channels"] + channel)[:2]
                assert np.abs(values(facts.head, mixture, words) - value).min() < 1e-3


def picked(logits, word):
    """What a word picks, or would pick if it lay a ten-thousandth beside: a tie is no error."""
    shares = np.cumsum(np.exp(logits - logits.max(), dtype=np.float64))
    places = word * 2.0**-32 + np.array([-1e-4, 1e-4])
    first, last = np.searchsorted(shares / shares[-1], places, side="right")
    return range(first, min(last, len(logits) - 1) + 1)


def values(head, mixture, words):
    logits, means, log_scales = np.split(mixture, 3)
    alone = [np.array([0, means[k], log_scales[k]]) for k in picked(logits, words[0])]
    return np.array([draw_value(head, one, Sampling(), words) for one in alone])


@pytest.mark.parametrize("mixture", MIXTURES)
@pytest.mark.parametrize("precision", ORACLES)
@pytest.mark.parametrize(
    "sampling", [Sampling(), Sampling(0.6), Sampling(0), Sampling(1.2, top_k=2, top_p=0.9)]
)
def test_equal_parameters_are_drawn_to_the_oracle_s_bits(mixture, precision, sampling, generator):
    shape = config(**mixture)
    weights = calibrated(shape, random_weights(shape), generator)
    facts, channels = signature(shape), shape.get("channels", 1)
    network = NativeNetwork(shape, weights, facts, precision=precision)
    nothing = np.empty(0, np.float32)
    samples = played(network, shape, nothing, sampling, 200)
    rows = foretold(network, shape, nothing, samples)
    expected = [
        draw_value(facts.head, row, sampling, random_words(SEED, 0, index)[:2])
        for index, row in enumerate(rows.reshape(200 * channels, -1))
    ]
    np.testing.assert_array_equal(samples, np.reshape(expected, (200, channels)))


@pytest.mark.parametrize("precision", ORACLES)
@pytest.mark.parametrize("mixture", [{}, *MIXTURES])
def test_blocks_of_any_size_give_the_same_bits_in_every_precision(mixture, precision, generator):
    shape = config(**mixture)
    weights = calibrated(shape, random_weights(shape), generator)
    network = NativeNetwork(shape, weights, signature(shape), precision=precision)
    outs = []
    for block in (1, 7, 64, 480, 600):
        stream = network.open(np.empty(0, np.float32), Sampling(), SEED, 0)
        out = np.empty((600, shape.get("channels", 1)), np.float32)
        for start in range(0, 600, block):
            stream.process(out[start : start + block])
        outs.append(out)
    for out in outs[1:]:
        np.testing.assert_array_equal(out, outs[0])


def test_int8_without_a_calibration_is_refused_by_what_is_missing():
    with pytest.raises(EngineError, match=r"calibration\.layers") as refusal:
        NativeNetwork(TINY, random_weights(TINY), signature(TINY), precision="int8")
    assert refusal.value.code == "MISSING_TENSOR"


def test_an_unknown_precision_is_refused_with_those_there_are():
    with pytest.raises(EngineError, match="float16") as refusal:
        NativeNetwork(TINY, random_weights(TINY), signature(TINY), precision="float16")
    assert refusal.value.code == "NO_PRECISION"
    assert "bfloat16" in refusal.value.remedy
