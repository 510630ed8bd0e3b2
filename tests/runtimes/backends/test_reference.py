"""The oracle itself: an independent loop over samples, and whole = stepped."""

import numpy as np
import pytest
from tiny_wavenets import config, random_weights, signature

from whisperwave.dsp.companding import mulaw_decode
from whisperwave.errors import EngineError
from whisperwave.runtimes.backends import reference
from whisperwave.runtimes.sampling import Sampling


def first_layer(shape, weights, classes, t):
    """The residual vector of sample t; before the first was silence."""
    levels = shape["classes"]
    total = np.zeros(shape["residual_channels"]) + weights.get("embedding.bias", 0)
    for tap in range(taps := shape.get("initial_kernel_size", 1)):
        source = t - (taps - 1 - tap)
        heard = classes[source] if source >= 0 else levels // 2
        if shape.get("scalar_input"):
            total = total + mulaw_decode(heard, levels) * weights["embedding.weight"][tap]
        else:
            total = total + weights["embedding.weight"][tap * levels + heard]
    return total


def by_hand(shape, weights, classes, style):
    """Logits after the last class, written with nothing but loops over samples and layers."""
    x = [first_layer(shape, weights, classes, t) for t in range(len(classes))]
    skips = weights["skip_bias"].astype(np.float64)
    for i in range(shape["layers_per_block"] * shape["blocks"]):
        dilation, name = 2 ** (i % shape["layers_per_block"]), f"layers.{i}"
        z = []
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


@pytest.fixture(
    params=[
        {},
        {"kernel_size": 3, "conditioning_channels": 4},
        {"kernel_size": 1},
        {"initial_kernel_size": 3},
        {"kernel_size": 4, "initial_kernel_size": 2, "scalar_input": 1},
    ]
)
def shape(request):
    return config(**request.param)


def opened(shape, weights, style):
    network = reference.ReferenceNetwork(shape, weights, signature(shape))
    return network.open(style, Sampling(), 0, 0)


def test_whole_sequences_equal_a_loop_over_samples(shape, generator):
    weights = random_weights(shape)
    style = generator.normal(size=shape["conditioning_channels"]).astype(np.float32)
    classes = generator.integers(0, shape["classes"], 40).astype(np.int32)
    logits = np.empty((40, shape["classes"]), np.float32)
    opened(shape, weights, style).predict(classes, logits)
    for t in (0, 1, 17, 39):
        expected = by_hand(shape, weights, classes[: t + 1], style)
        np.testing.assert_allclose(logits[t], expected, rtol=1e-6, atol=1e-6)


def test_stepping_equals_the_whole_sequence(shape, generator):
    weights = random_weights(shape)
    style = generator.normal(size=shape["conditioning_channels"]).astype(np.float32)
    classes = generator.integers(0, shape["classes"], 60).astype(np.int32)
    whole, stepped = np.empty((2, 60, shape["classes"]), np.float32)
    opened(shape, weights, style).predict(classes, whole)
    stream = opened(shape, weights, style)
    for t in range(60):
        stream.predict(classes[t : t + 1], stepped[t : t + 1])
    np.testing.assert_allclose(stepped, whole, rtol=1e-6, atol=1e-6)


def test_an_instruction_set_is_refused():
    with pytest.raises(EngineError, match="avx512"):
        reference.load(None, isa="avx512")
