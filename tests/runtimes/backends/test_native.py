"""The engine against the oracle, against itself cut differently, and against bad input."""

import threading

import numpy as np
import pytest
from any_wavenets import a_guide, runtime
from tiny_wavenets import TINY, config, random_weights, signature

from whisperwave import _engine
from whisperwave.errors import EngineError
from whisperwave.runtimes.backends.native import NativeNetwork
from whisperwave.runtimes.backends.reference import ReferenceNetwork
from whisperwave.runtimes.sampling import Sampling
from whisperwave.runtimes.session import Runtime

SETS = _engine.instruction_sets()
PREEMPHASIS = 0.85


def native(shape, weights, isa="auto"):
    return runtime(NativeNetwork, shape, weights, PREEMPHASIS, isa=isa)


def generated(player, guide=None, blocks=(96,), prime=None, sampling=None, seed=3):
    session = player.session(guide, sampling, seed)
    if prime is not None:
        session.prime(prime)
    pieces = [np.empty(n, np.float32) for n in blocks]
    for piece in pieces:
        session.process(piece)
    return np.concatenate(pieces)


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(),
        Sampling(0),
        Sampling(0.7, top_k=5),
        Sampling(1.2, top_p=0.8),
        Sampling(1, 9, 0.5),
        Sampling(centring=0.01),
        Sampling(0, centring=0.05),
    ],
)
@pytest.mark.parametrize("isa", SETS)
def test_the_same_classes_are_drawn_as_by_the_oracle(sampling, isa, generator):
    shape = config(
        conditioning_channels=4, control_channels=2, hop_length=11, initial_kernel_size=3
    )
    weights = random_weights(shape)
    prime = generator.uniform(-1, 1, 50).astype(np.float32)
    players = (runtime(ReferenceNetwork, shape, weights, PREEMPHASIS), native(shape, weights, isa))
    guide = a_guide(players[0], shape, generator)
    expected, drawn = (generated(p, guide, prime=prime, sampling=sampling) for p in players)
    np.testing.assert_array_equal(drawn, expected)


@pytest.mark.parametrize("isa", SETS)
@pytest.mark.parametrize("blocks", [(1,) * 600, (7,) * 85 + (5,), (64, 480, 56), (0, 599, 0, 1)])
def test_blocks_of_any_size_give_the_same_bits(isa, blocks, generator):
    shape = config(control_channels=2, hop_length=77)
    player = native(shape, random_weights(shape), isa)
    guide = player.guide(None, generator.normal(size=(2, 8)).astype(np.float32))
    np.testing.assert_array_equal(
        generated(player, guide, blocks), generated(player, guide, (600,))
    )


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_a_prime_about_as_long_as_the_receptive_field_is_like_the_oracle(extra, generator):
    weights, reach = random_weights(TINY), signature(TINY).receptive_field
    prime = generator.uniform(-1, 1, reach + extra).astype(np.float32)
    players = (runtime(ReferenceNetwork, TINY, weights, PREEMPHASIS), native(TINY, weights))
    expected, drawn = (generated(p, prime=prime) for p in players)
    np.testing.assert_array_equal(drawn, expected)


@pytest.mark.parametrize("first_layer", [{}, {"initial_kernel_size": 4}])
def test_a_prediction_depends_on_the_receptive_field_and_on_nothing_before(first_layer, generator):
    shape = config(**first_layer)
    player, reach = native(shape, random_weights(shape)), signature(shape).receptive_field
    classes = generator.integers(0, TINY["classes"], 3 * reach)
    last = player.logits(classes)[-1]

    def changed_at(age):
        other = classes.copy()
        other[-1 - age] = (other[-1 - age] + 1) % TINY["classes"]
        return bool((player.logits(other)[-1] != last).any())

    assert changed_at(reach - 1)
    assert not changed_at(reach)


def test_seeds_and_streams_differ_and_repeat():
    player = native(TINY, random_weights(TINY))
    first, again, other = (generated(player, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    elsewhere = np.empty(96, np.float32)
    player.session(seed=1, stream=1).process(elsewhere)
    assert (first != elsewhere).any()


def test_many_streams_at_once_give_the_bits_of_each_alone():
    player = native(TINY, random_weights(TINY))
    alone = [generated(player, seed=seed) for seed in range(16)]
    together = [np.empty(96, np.float32) for _ in range(16)]
    sessions = [player.session(seed=seed) for seed in range(16)]
    threads = [
        threading.Thread(target=session.process, args=(out,))
        for session, out in zip(sessions, together, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(together, alone)


def test_the_output_is_decoded_and_deemphasised(generator):
    weights = random_weights(TINY)
    flat = signature(TINY, 0.0)
    plain = generated(Runtime(NativeNetwork(TINY, weights, flat), flat))
    filtered = generated(native(TINY, weights))
    expected, last = [], np.float32(0)
    for value in plain:
        last = value + np.float32(PREEMPHASIS) * last
        expected.append(last)
    np.testing.assert_array_equal(filtered, np.array(expected))


def test_weights_that_overflow_never_make_audio_that_is_not_a_number(generator):
    weights = {name: array * np.float32(1e18) for name, array in random_weights(TINY).items()}
    players = [native(TINY, weights, isa) for isa in SETS]
    outs = [generated(player) for player in players]
    assert all(np.isfinite(out).all() for out in outs)
    np.testing.assert_array_equal(outs[0], outs[-1])


def test_numbers_too_small_to_be_normal_count_as_zero_and_the_mode_comes_back():
    weights = random_weights(TINY)
    tiny = {name: array * np.float32(1e-41) for name, array in weights.items()}
    assert not native(TINY, tiny).logits(np.arange(9)).any()
    assert np.float32(1e-40) / np.float32(10) > 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["embedding.weight", "layers.5.skip.weight", "end2.bias"])
def test_weights_that_are_not_finite_are_refused_by_name(bad, name):
    weights = random_weights(TINY)
    weights[name].flat[-1] = bad
    with pytest.raises(EngineError, match=name) as refusal:
        native(TINY, weights)
    assert refusal.value.code == "NONFINITE"


@pytest.mark.parametrize("name", ["layers.0.dilated.weight", "skip_bias", "layers.3.residual.bias"])
def test_weights_of_another_shape_or_missing_are_refused_by_name(name):
    weights = random_weights(TINY)
    wrong = weights | {name: weights[name][:-1]}
    with pytest.raises(EngineError, match=name) as refusal:
        native(TINY, wrong)
    assert refusal.value.code == "BAD_TENSOR"
    del weights[name]
    with pytest.raises(EngineError, match=name) as refusal:
        native(TINY, weights)
    assert refusal.value.code == "MISSING_TENSOR"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"layers_per_block": 0}, "BAD_SHAPE"),
        ({"layers_per_block": 60}, "BAD_SHAPE"),
        ({"kernel_size": 2**40}, "BAD_SHAPE"),
        ({"initial_kernel_size": 0}, "BAD_SHAPE"),
        ({"initial_kernel_size": 1024, "classes": 65536}, "TOO_LARGE"),
        ({"classes": 1}, "BAD_SHAPE"),
        ({"blocks": 4097}, "BAD_SHAPE"),
        ({"skip_channels": 65536, "end_channels": 65536}, "TOO_LARGE"),
        ({"layers_per_block": 24, "residual_channels": 4096}, "TOO_LARGE"),
    ],
)
def test_absurd_sizes_are_refused_by_arithmetic(changes, code):
    facts = signature(TINY)
    with pytest.raises(EngineError) as refusal:
        NativeNetwork(config(**changes), {}, facts)
    assert refusal.value.code == code
    assert refusal.value.remedy


def test_a_configuration_without_a_size_is_refused_by_its_name():
    incomplete = {name: size for name, size in TINY.items() if name != "blocks"}
    with pytest.raises(EngineError, match="blocks"):
        NativeNetwork(incomplete, {}, signature(TINY))


def test_an_unknown_instruction_set_is_refused_with_those_that_run_here():
    with pytest.raises(EngineError, match="mmx") as refusal:
        native(TINY, random_weights(TINY), "mmx")
    assert "scalar" in refusal.value.remedy


def test_arrays_the_engine_cannot_read_in_place_are_copied_first(generator):
    weights = random_weights(TINY)
    strange = {name: np.asfortranarray(array.astype(np.float64)) for name, array in weights.items()}
    shifted = np.empty(weights["skip_bias"].nbytes + 1, np.uint8)[1:].view(np.float32)
    shifted[:] = weights["skip_bias"]
    strange["skip_bias"] = shifted
    classes = generator.integers(0, 32, 30)
    np.testing.assert_array_equal(
        native(TINY, strange).logits(classes), native(TINY, weights).logits(classes)
    )


def test_the_border_refuses_arrays_of_another_type():
    facts = signature(TINY)
    stream = NativeNetwork(TINY, random_weights(TINY), facts).open(
        np.empty(0, np.float32), Sampling(), 0, 0
    )
    with pytest.raises(TypeError):
        stream.process(np.empty(4, np.float64))
    with pytest.raises(TypeError):
        stream.process(np.empty(8, np.float32)[::2])
    with pytest.raises(EngineError, match="room for 64"):
        stream.predict(np.zeros(4, np.int32), np.empty((2, 32), np.float32))
    with pytest.raises(EngineError, match="class 32"):
        stream.prime(np.array([0, 32], np.int32))


def test_a_stream_keeps_its_model_alive():
    facts = signature(TINY)
    stream = NativeNetwork(TINY, random_weights(TINY), facts).open(
        np.empty(0, np.float32), Sampling(), 0, 0
    )
    out = np.full(16, np.nan, np.float32)
    stream.process(out)
    assert np.isfinite(out).all()


def test_a_second_thread_in_one_session_is_refused():
    stream = NativeNetwork(TINY, random_weights(TINY), signature(TINY), "scalar").open(
        np.empty(0, np.float32), Sampling(), 0, 0
    )
    entered, refusals = threading.Event(), []

    def play(samples):
        entered.set()
        try:
            stream.process(np.empty(samples, np.float32))
        except EngineError as refusal:
            refusals.append(refusal.code)

    other = threading.Thread(target=play, args=(20_000,))
    other.start()
    entered.wait()
    while other.is_alive() and not refusals:
        play(1)
    other.join()
    assert refusals == ["SESSION_BUSY"]


def test_the_facts_of_a_model_are_those_of_its_shape():
    network = NativeNetwork(TINY, random_weights(TINY), signature(TINY))
    per_layer = 2 * 2 * 5 * 7 + 5 * 7 + 7 * 19
    assert network.multiply_adds == 6 * per_layer + 19 * 11 + 11 * 32
    assert network.bytes_per_sample >= 4 * network.multiply_adds


def test_memory_is_read_at_a_plausible_speed():
    assert 1e8 < _engine.measure_memory_read("auto", 65536, 0.01) < 1e13


@pytest.mark.parametrize("seconds", [0.0, -1.0, np.nan, np.inf, 1e9])
def test_a_measurement_without_an_end_is_refused(seconds):
    for call in (
        lambda: _engine.measure_memory_read("auto", 65536, seconds),
        lambda: _engine.measure_arithmetic("auto", "int8", seconds),
        lambda: _engine.measure_memory_read("auto", 2**62, 0.01),
    ):
        with pytest.raises(EngineError) as refusal:
            call()
        assert refusal.value.code == "BAD_MEASURE"
