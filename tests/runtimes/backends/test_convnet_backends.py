"""The feed-forward family: the oracle against loops by hand, and the engine against the oracle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_convnets import config, random_weights

from whisperwave import _engine
from whisperwave.errors import EngineError
from whisperwave.modelfile.layouts import convnet
from whisperwave.runtimes.backends._convnet_oracle import ReferenceConvnet
from whisperwave.runtimes.backends.native import NativeConvnet

SETS = _engine.instruction_sets()
FRAMES = 130

shapes = st.fixed_dictionaries(
    {
        "layers_per_block": st.integers(1, 4),
        "blocks": st.integers(1, 3),
        "dilation_growth": st.integers(1, 4),
        "kernel_size": st.integers(1, 4),
        "initial_kernel_size": st.integers(1, 4),
        "residual_channels": st.integers(1, 40),
        "dilation_channels": st.integers(1, 40),
        "skip_channels": st.integers(1, 150),
        "end_channels": st.integers(1, 70),
        "input_channels": st.integers(1, 9),
        "output_channels": st.integers(1, 40),
        "conditioning_channels": st.integers(0, 5),
    }
)


def first_layer(shape, weights, frames, t):
    """The residual vector of frame t; before the first was silence."""
    taps, inputs = shape["initial_kernel_size"], shape["input_channels"]
    total = weights["embedding.bias"].astype(np.float64)
    for tap in range(taps):
        source = t - (taps - 1 - tap)
        if source >= 0:
            rows = weights["embedding.weight"][tap * inputs : (tap + 1) * inputs]
            total = total + frames[source] @ rows
    return total


def by_hand(shape, weights, frames, style):
    """The answer to the last frame, written with nothing but loops over frames and layers."""
    x = [first_layer(shape, weights, frames, t) for t in range(len(frames))]
    skips = weights["skip_bias"].astype(np.float64)
    for i, dilation in enumerate(convnet.dilations(shape)):
        name, z = f"layers.{i}", []
        for t in range(len(x)):
            total = weights[f"{name}.dilated.bias"].astype(np.float64)
            for tap in range(shape["kernel_size"]):
                source = t - (shape["kernel_size"] - 1 - tap) * dilation
                if source >= 0:
                    total = total + weights[f"{name}.dilated.weight"][:, :, tap] @ x[source]
            if len(style):
                total = total + weights[f"{name}.conditioning.weight"] @ style
            half = shape["dilation_channels"]
            z.append(np.tanh(total[:half]) / (1 + np.exp(-total[half:])))
        skips = skips + weights[f"{name}.skip.weight"] @ z[-1]
        if f"{name}.residual.weight" in weights:
            residual, bias = weights[f"{name}.residual.weight"], weights[f"{name}.residual.bias"]
            x = [a + residual @ b + bias for a, b in zip(x, z, strict=True)]
    hidden = np.maximum(weights["end1.weight"] @ np.maximum(skips, 0) + weights["end1.bias"], 0)
    return weights["end2.weight"] @ hidden + weights["end2.bias"]


def material(shape, seed, count=FRAMES):
    """Frames beyond ±1, and a style."""
    generator = np.random.default_rng(seed)
    frames = generator.normal(0, 3, (count, shape["input_channels"])).astype(np.float32)
    return frames, generator.normal(size=shape["conditioning_channels"]).astype(np.float32)


def filtered(network, shape, frames, style, blocks=(10**6,)):
    stream, out = network.open(style), np.empty((len(frames), shape["output_channels"]), np.float32)
    start, turn = 0, 0
    while start < len(frames):
        stop = start + blocks[turn % len(blocks)]
        stream.process(frames[start:stop], out[start:stop])
        start, turn = stop, turn + 1
    return out


@pytest.mark.parametrize(
    "changes",
    [{}, {"kernel_size": 1, "conditioning_channels": 0}, {"initial_kernel_size": 4, "blocks": 1}],
)
def test_the_oracle_answers_like_loops_by_hand(changes):
    shape = config(**changes)
    weights = random_weights(shape)
    frames, style = material(shape, 3, 40)
    answer = filtered(ReferenceConvnet(shape, weights), shape, frames, style)[-1]
    np.testing.assert_allclose(answer, by_hand(shape, weights, frames, style), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("blocks", [(1,), (7, 2), (64,)])
def test_the_oracle_s_steps_join_to_the_whole(blocks):
    shape = config()
    frames, style = material(shape, 4)
    network = ReferenceConvnet(shape, random_weights(shape))
    np.testing.assert_allclose(
        filtered(network, shape, frames, style, blocks),
        filtered(network, shape, frames, style),
        rtol=1e-6,
        atol=1e-6,
    )


@settings(max_examples=40, deadline=None)
@given(shapes, st.integers(0, 2**32))
def test_any_shape_answers_like_the_oracle_and_alike_on_every_instruction_set(shape, seed):
    weights = random_weights(shape, seed)
    frames, style = material(shape, seed)
    expected = filtered(ReferenceConvnet(shape, weights), shape, frames, style)
    answers = [filtered(NativeConvnet(shape, weights, isa), shape, frames, style) for isa in SETS]
    assert np.linalg.norm(answers[0] - expected) < 1e-5 * np.linalg.norm(expected)
    for answer in answers[1:]:
        np.testing.assert_array_equal(answer, answers[0])


@settings(max_examples=25, deadline=None)
@given(shapes, st.lists(st.integers(1, 60), min_size=1, max_size=4), st.sampled_from(SETS))
def test_blocks_of_any_size_give_the_same_bits(shape, blocks, isa):
    frames, style = material(shape, len(blocks))
    network = NativeConvnet(shape, random_weights(shape), isa)
    np.testing.assert_array_equal(
        filtered(network, shape, frames, style, blocks), filtered(network, shape, frames, style)
    )


def test_bfloat16_is_near_the_oracle():
    shape = config(residual_channels=24, dilation_channels=24)
    weights = random_weights(shape)
    frames, style = material(shape, 6)
    expected = filtered(ReferenceConvnet(shape, weights), shape, frames, style)
    network = NativeConvnet(shape, weights, precision="bfloat16")
    answer = filtered(network, shape, frames, style)
    error = np.linalg.norm(answer - expected) / np.linalg.norm(expected)
    assert 0 < error < 0.02


def calibration(network, weights, frames, style):
    """The largest sizes that the oracle meets, which int8 divides into steps."""
    padded = np.pad(frames, ((network.initial_kernel_size - 1, 0), (0, 0)))
    taps = range(network.initial_kernel_size)
    x = network.embed(np.stack([padded[tap : tap + len(frames)] for tap in taps], axis=1))
    skips, most = 0.0, []
    for layer, dilation in enumerate(network.dilations):
        most.append(np.abs(x).max(axis=0))
        past = np.pad(x, (((network.kernel_size - 1) * dilation, 0), (0, 0)))
        starts = [tap * dilation for tap in range(network.kernel_size)]
        heard = np.stack([past[start : start + len(x)] for start in starts], axis=-1)
        z = network.gated(layer, heard, style)
        skips, x = skips + network.skip(layer, z), x + network.residual(layer, z)
    skips = np.maximum(skips + weights["skip_bias"], 0)
    end = skips @ weights["end1.weight"].T + weights["end1.bias"]
    found = {"layers": most, "skip": skips.max(axis=0), "end": np.maximum(end, 0).max(axis=0)}
    return {f"calibration.{name}": np.array(sizes, np.float32) for name, sizes in found.items()}


def test_int8_is_near_the_oracle_and_alike_on_every_instruction_set():
    shape = config(residual_channels=24, dilation_channels=24, skip_channels=40)
    weights = random_weights(shape)
    frames, style = material(shape, 6)
    oracle = ReferenceConvnet(shape, weights)
    expected = filtered(oracle, shape, frames, style)
    told = weights | calibration(oracle, weights, frames, style)
    answers = [
        filtered(NativeConvnet(shape, told, isa, "int8"), shape, frames, style, (64,))
        for isa in SETS
    ]
    error = np.linalg.norm(answers[0] - expected) / np.linalg.norm(expected)
    assert 0 < error < 0.05
    for answer in answers[1:]:
        np.testing.assert_array_equal(answer, answers[0])


def test_a_damaged_network_is_refused_by_name():
    weights = random_weights(config())
    for code, broken in (
        ("MISSING_TENSOR", {n: w for n, w in weights.items() if n != "end1.weight"}),
        ("BAD_TENSOR", weights | {"end1.weight": np.zeros((1, 2), np.float32)}),
        ("NONFINITE", weights | {"end1.bias": np.full(11, np.nan, np.float32)}),
    ):
        with pytest.raises(EngineError) as refusal:
            NativeConvnet(config(), broken)
        assert refusal.value.code == code


@pytest.mark.parametrize("key", sorted(convnet.KEYS))
def test_a_configuration_without_a_size_is_refused_by_its_name(key):
    shape = {name: size for name, size in config().items() if name != key}
    with pytest.raises(EngineError, match=key) as refusal:
        NativeConvnet(shape, random_weights(config()))
    assert refusal.value.code == "BAD_SHAPE"


def test_frames_of_another_size_are_refused():
    stream = NativeConvnet(config(), random_weights(config())).open(np.zeros(4, np.float32))
    for frames, out in (((5, 2), (5, 2)), ((5, 3), (5, 3)), ((5, 3), (4, 2))):
        with pytest.raises(EngineError) as refusal:
            stream.process(np.zeros(frames, np.float32), np.zeros(out, np.float32))
        assert refusal.value.code == "BAD_BUFFER"
