"""Calibration, and the engine's smaller precisions against their plain twins."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rounded_oracles import Bfloat16Network, ByteNetwork
from tiny_wavenets import config, random_weights, signature

from whisperwave import _engine
from whisperwave.modelfile import Exam, ModelFile
from whisperwave.modelfile.layouts import wavenet
from whisperwave.runtimes import calibration
from whisperwave.runtimes.backends.native import NativeNetwork
from whisperwave.runtimes.backends.reference import ReferenceNetwork
from whisperwave.runtimes.session import Runtime

SETS = _engine.instruction_sets()
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
SHAPES = [
    config(conditioning_channels=3, control_channels=2, hop_length=40),
    config(kernel_size=3, residual_channels=32, dilation_channels=32, initial_kernel_size=2),
    config(kernel_size=1, blocks=1, classes=300, scalar_input=1),
]


@pytest.fixture(params=SHAPES)
def model(request):
    facts = signature(request.param)
    exam = Exam({}, {}, {})
    return ModelFile("wavenet", request.param, facts, random_weights(request.param), exam)


def heard_and_told(model, generator, samples=400):
    """A stream of noise, and random frames of style and controls for it."""
    shape, player = model.config, reference(model)
    style = generator.normal(size=shape["conditioning_channels"])
    frames = (shape["control_channels"], 1 + samples // shape["hop_length"])
    controls = generator.normal(size=frames) if shape["control_channels"] else None
    heard = generator.integers(0, shape["classes"], samples).astype(np.int32)
    return heard, player.guide(style, controls)


def reference(model):
    return Runtime(ReferenceNetwork(model.config, model.weights, model.signature), model.signature)


def limits_for(model, streams, norm=2.0):
    (limits,) = calibration.calibrations(model, streams, [norm])
    return limits


def calibrated(model, limits):
    return model.weights | {f"calibration.{name}": array for name, array in limits.items()}


def native(model, precision, limits=None, isa="auto"):
    network = NativeNetwork(
        model.config, calibrated(model, limits or {}), model.signature, isa, precision
    )
    return Runtime(network, model.signature)


def error(answer, expected):
    return np.linalg.norm(answer - expected) / np.linalg.norm(expected)


def test_whole_streams_are_told_what_their_parts_are_told(model, generator):
    heard, guide = heard_and_told(model, generator)
    network = ReferenceNetwork(model.config, model.weights, model.signature)
    stream = network.open(guide.first, None, 0, 0)
    stream.steer(guide.rows(1, len(heard)))
    whole = np.empty((len(heard), model.config["classes"]), np.float32)
    stream.predict(heard, whole)
    np.testing.assert_allclose(whole, reference(model).logits(heard, guide), rtol=1e-5, atol=1e-5)


def test_there_is_a_limit_for_every_input_that_is_rounded(model, generator):
    streams = [heard_and_told(model, generator) for _ in range(2)]
    found = calibration.calibrations(model, streams)
    assert len(found) == len(calibration.NORMS)
    for limits in found:
        shapes = {name: array.shape for name, array in limits.items()}
        assert shapes == wavenet.calibration(model.config)
        assert all((array > 0).all() for array in limits.values())


class Peaks(ReferenceNetwork):
    """The oracle, noting the largest size of each input."""

    def __init__(self, model):
        super().__init__(model.config, model.weights, model.signature)
        self.largest = {}

    def product(self, name, x):
        most = np.abs(x).max(axis=0).reshape(x.shape[1], -1).max(axis=1)
        self.largest[name] = np.maximum(most, self.largest.get(name, 0.0))
        return super().product(name, x)

    def limits(self):
        layers = [self.largest[f"layers.{layer}.dilated"] for layer in range(len(self.dilations))]
        found = {"layers": np.stack(layers)}
        found |= {"skip": self.largest["end1"], "end": self.largest["end2"]}
        return {name: array.astype(np.float32) for name, array in found.items()}


def test_a_class_that_is_rare_and_loud_costs_the_others_little(generator):
    """As µ-law's outermost: one channel carries the amplitude, and nearly always a small one."""
    shape = config(residual_channels=16, dilation_channels=16)
    weights = random_weights(shape)
    weights["embedding.weight"] = weights["embedding.weight"].copy()
    weights["embedding.weight"][0, 0] = 300.0
    model = ModelFile("wavenet", shape, signature(shape), weights, Exam({}, {}, {}))
    guide = reference(model).guide()

    def sound():
        heard = generator.integers(1, shape["classes"], 3000).astype(np.int32)
        heard[1500] = 0
        return heard

    calibrating, other = sound(), sound()
    peaks = Peaks(model)
    Runtime(peaks, model.signature).logits(calibrating, guide)
    limits = limits_for(model, [(calibrating, guide)], norm=1.0)
    expected = reference(model).logits(other, guide)
    dear, cheap = (
        error(native(model, "int8", found).logits(other, guide), expected)
        for found in (peaks.limits(), limits)
    )
    assert cheap < dear / 2


def test_the_number_of_threads_changes_no_limit():
    program = (
        "import hashlib, numpy as np\n"
        "from test_calibration import SHAPES, Exam, ModelFile, heard_and_told\n"
        "from tiny_wavenets import random_weights, signature\n"
        "from whisperwave.runtimes import calibration\n"
        "shape = SHAPES[1]\n"
        "weights = random_weights(shape)\n"
        "model = ModelFile('wavenet', shape, signature(shape), weights, Exam({}, {}, {}))\n"
        "streams = [heard_and_told(model, np.random.default_rng(0), 4000)]\n"
        "for limits in calibration.calibrations(model, streams):\n"
        "    for array in limits.values():\n"
        "        print(hashlib.sha256(array.tobytes()).hexdigest())\n"
    )
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    told = [
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | dict.fromkeys(THREADS, count) | {"PYTHONPATH": path},
            check=True,
            capture_output=True,
        ).stdout
        for count in ("1", "2")
    ]
    assert told[0].count(b"\n") == 3 * len(calibration.NORMS)
    assert told[0] == told[1]


def test_a_channel_that_stayed_silent_is_heard_all_the_same(model, generator):
    heard, guide = heard_and_told(model, generator)
    weights = dict(model.weights)
    weights["end1.weight"] = weights["end1.weight"].copy()
    weights["end1.weight"][0] = 0.0
    weights["end1.bias"] = weights["end1.bias"].copy()
    weights["end1.bias"][0] = -1.0
    silent = ModelFile("wavenet", model.config, model.signature, weights, model.exam)
    assert limits_for(silent, [(heard, guide)])["end"][0] > 0.0


def test_a_network_without_weights_is_calibrated_to_nothing(model, generator):
    nothing = {name: np.zeros_like(array) for name, array in model.weights.items()}
    still = ModelFile("wavenet", model.config, model.signature, nothing, model.exam)
    limits = limits_for(still, [heard_and_told(model, generator)])
    assert all(not array.any() for array in limits.values())


@pytest.mark.parametrize("isa", SETS)
def test_int8_in_the_engine_is_what_its_page_says(model, generator, isa):
    heard, guide = heard_and_told(model, generator)
    limits = limits_for(model, [(heard, guide)])
    twin = ByteNetwork(model.config, calibrated(model, limits), model.signature)
    expected = Runtime(twin, model.signature).logits(heard, guide)
    answer = native(model, "int8", limits, isa).logits(heard, guide)
    from_float32 = error(answer, reference(model).logits(heard, guide))
    assert 1e-3 < from_float32 < 0.2
    # A float32 just beside a half rounds the other way than a float64, now and then.
    assert error(answer, expected) < from_float32 / 5


@pytest.mark.parametrize("isa", SETS)
def test_bfloat16_in_the_engine_is_numbers_of_16_bits_on_both_sides(model, generator, isa):
    heard, guide = heard_and_told(model, generator)
    twin = Bfloat16Network(model.config, model.weights, model.signature)
    expected = Runtime(twin, model.signature).logits(heard, guide)
    answer = native(model, "bfloat16", isa=isa).logits(heard, guide)
    from_float32 = error(answer, reference(model).logits(heard, guide))
    assert 1e-3 < from_float32 < 0.02
    assert error(answer, expected) < from_float32 / 5  # as above


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "int8"])
def test_every_precision_has_the_same_bits_on_every_instruction_set(model, generator, precision):
    heard, guide = heard_and_told(model, generator)
    limits = limits_for(model, [(heard, guide)])
    plain, *others = (native(model, precision, limits, isa).logits(heard, guide) for isa in SETS)
    for other in others:
        np.testing.assert_array_equal(other, plain)
