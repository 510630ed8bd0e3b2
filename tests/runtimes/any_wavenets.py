"""WaveNets of any shape, for Hypothesis, and what it takes to hear them on any backend."""

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray
from tiny_wavenets import Weights, signature

from whisperwave.modelfile.layouts import wavenet
from whisperwave.runtimes.backends.native import NativeNetwork
from whisperwave.runtimes.backends.reference import ReferenceNetwork
from whisperwave.runtimes.codec import Tokens
from whisperwave.runtimes.guide import Guide
from whisperwave.runtimes.sampling import Sampling
from whisperwave.runtimes.session import Runtime

SAMPLES = 130  # more than the engine takes through its layers at once

_bodies = st.fixed_dictionaries(
    {
        "layers_per_block": st.integers(1, 5),
        "blocks": st.integers(1, 3),
        "kernel_size": st.integers(1, 4),
        "residual_channels": st.integers(1, 40),
        "dilation_channels": st.integers(1, 40),
        "skip_channels": st.integers(1, 150),
        "end_channels": st.integers(1, 70),
        "conditioning_channels": st.integers(0, 5),
        "control_channels": st.integers(0, 3),
        "hop_length": st.integers(1, 60),
        "initial_kernel_size": st.integers(1, 4),
    }
)
_classes = st.fixed_dictionaries(
    {"classes": st.integers(2, 300), "scalar_input": st.integers(0, 1)}
)
_values = st.fixed_dictionaries(
    {"classes": st.just(0), "scalar_input": st.just(1), "channels": st.integers(1, 3)}
)
_mixtures = st.builds(
    lambda values, head, components: values | {head: components},
    _values,
    st.sampled_from(["logistics", "gaussians"]),
    st.integers(1, 4),
)
shapes = st.builds(lambda body, head: body | head, _bodies, st.one_of(_classes, _mixtures))
"""Configurations of classes and of mixtures, of every size that a kernel treats in its own way."""


def runtime(
    kind: type, shape: dict[str, int], weights: Weights, preemphasis: float = 0.0, **options: str
) -> Runtime:
    """A backend that plays these weights; ``options`` are its own."""
    facts = signature(shape, preemphasis)
    return Runtime(kind(shape, weights, facts, **options), facts, wavenet.numbers_told(shape))


def a_guide(player: Runtime, shape: dict[str, int], generator: np.random.Generator) -> Guide:
    """A random style and, for a model that takes them, frames of controls for 200 samples."""
    style = generator.normal(size=shape["conditioning_channels"]).astype(np.float32)
    frames = (shape["control_channels"], 1 + 200 // shape["hop_length"])
    controls = generator.normal(size=frames).astype(np.float32)
    return player.guide(style, controls if len(controls) else None)


def tokens(shape: dict[str, int], generator: np.random.Generator, count: int = SAMPLES) -> Tokens:
    """Random samples: classes [T], or values [T, C]."""
    if shape["classes"]:
        return generator.integers(0, shape["classes"], count).astype(np.int32)
    return generator.uniform(-1, 1, (count, shape.get("channels", 1))).astype(np.float32)


def played(
    network: NativeNetwork | ReferenceNetwork,
    shape: dict[str, int],
    condition: NDArray[np.float32],
    sampling: Sampling,
    count: int,
) -> Tokens:
    """Samples that a fresh stream of seed 3 draws by itself, read from audio without emphasis."""
    several = shape.get("channels", 1) > 1
    out = np.empty((count, shape.get("channels", 1)) if several else count, np.float32)
    network.open(condition, sampling, 3, 0).process(out)
    if not shape["classes"]:
        return out.reshape(count, -1)
    values = ReferenceNetwork(shape, {}, signature(shape)).codec.values
    return np.abs(values[:, None] - out).argmin(axis=0).astype(np.int32)
