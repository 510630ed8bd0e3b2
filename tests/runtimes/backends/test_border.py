"""The border between Python and the engine: whatever is handed over is taken whole or refused."""

import subprocess
import sys

import numpy as np
import pytest
import tiny_convnets
from tiny_wavenets import TINY, config, random_weights, signature

from whisperwave import _engine
from whisperwave.errors import EngineError
from whisperwave.runtimes.backends.native import NativeConvnet, NativeNetwork
from whisperwave.runtimes.sampling import Sampling

WHOLE = {"logistics": 0, "gaussians": 0, "channels": 1, "initial_kernel_size": 1}
STEREO = config(**WHOLE | {"classes": 0, "scalar_input": 1, "gaussians": 2, "channels": 2})
NOTHING = np.empty(0, np.float32)


def network(shape=TINY, weights=None):
    return NativeNetwork(shape, weights or random_weights(shape), signature(shape))


def opened(shape=TINY):
    return network(shape).open(NOTHING, Sampling(), 3, 0)


def refused(call):
    with pytest.raises(EngineError) as refusal:
        call()
    assert refusal.value.remedy
    return refusal.value


def not_aligned(array):
    """The same numbers, one byte beside where they should lie."""
    room = np.empty(array.nbytes + 1, np.uint8)[1:]
    moved = room.view(array.dtype).reshape(array.shape)
    moved[...] = array
    return moved


def read_only(array):
    array.flags.writeable = False
    return array


def raw_model(weights, **changes):
    """A model as the border opens it, without the conversions of `NativeNetwork`."""
    told = {
        "config": TINY | WHOLE,
        "dilations": [1, 2, 4] * 2,
        "weights": weights,
        "class_values": np.linspace(-1, 1, 32, dtype=np.float32),
        "limit": 1.0,
        "deemphasis": 0.0,
        "silence": 16,
        "precision": "float32",
        "isa": "auto",
    }
    return _engine.WavenetModel(**{**told, **changes})


def raw_stream(model):
    rest = {"condition": NOTHING, "temperature": 1.0, "top_k": 0, "top_p": 1.0, "centring": 0.0}
    return _engine.WavenetStream(model=model, **rest, seed=3, stream=0)


def test_an_ensemble_knows_itself_how_many_channels_a_sample_has():
    model = raw_model(random_weights(STEREO), config=STEREO, class_values=NOTHING)
    ensemble, stream = _engine.WavenetEnsemble(model, 1, 1), raw_stream(model)
    guarded = np.full(64, 7.0, np.float32)
    out = guarded[:8].reshape(1, 8)
    with pytest.raises(TypeError):
        ensemble.process([stream], out, 1)  # twice as many samples as there is room for
    ensemble.process([stream], out)
    assert (guarded[8:] == 7.0).all()
    expected = np.empty((4, 2), np.float32)
    raw_stream(model).process(expected)
    np.testing.assert_array_equal(out.reshape(4, 2), expected)


def test_half_a_sample_is_refused_with_the_number_of_channels():
    stream, player = opened(STEREO), network(STEREO)
    ensemble, other = player.ensemble(1, 1), player.open(NOTHING, Sampling(), 3, 0)
    for call in (
        lambda: stream.process(np.empty(5, np.float32)),
        lambda: ensemble.process([other], np.empty((1, 5), np.float32)),
    ):
        refusal = refused(call)
        assert refusal.code == "BAD_BUFFER"
        assert "5 numbers" in refusal.message
        assert "2 channels" in refusal.remedy


@pytest.mark.parametrize("strange", [None, 3, "stream", np.zeros(3)])
def test_what_is_no_stream_cannot_play_along(strange):
    player = network()
    ensemble, stream = player.ensemble(2, 1), player.open(NOTHING, Sampling(), 3, 0)
    refusal = refused(lambda: ensemble.process([stream, strange], np.empty((2, 4), np.float32)))
    assert refusal.code == "BAD_ENSEMBLE"
    out = np.empty(4, np.float32)
    stream.process(out)  # nothing had changed
    expected = np.empty(4, np.float32)
    opened().process(expected)
    np.testing.assert_array_equal(out, expected)


def test_no_model_is_no_argument():
    for call in (
        lambda: raw_stream(None),
        lambda: _engine.WavenetEnsemble(None, 1, 1),
        lambda: _engine.ConvnetStream(None, NOTHING),
    ):
        with pytest.raises(TypeError):
            call()


@pytest.mark.parametrize(
    ("strange", "kind"),
    [
        (lambda array: array.astype(np.float64), "float64"),
        (lambda array: array.astype(np.float16), "float16"),
        (lambda array: array.astype(">f4"), ">f4"),
        (lambda array: array.tolist(), "list"),
        (lambda array: np.repeat(array, 2)[::2], "float32"),
        (lambda _: None, "NoneType"),
    ],
)
def test_a_tensor_of_another_kind_is_refused_by_its_name_and_kind(strange, kind):
    weights = random_weights(TINY)
    assert raw_model(weights).receptive_field > 0
    weights["end1.bias"] = strange(weights["end1.bias"])
    refusal = refused(lambda: raw_model(weights))
    assert refusal.code == "BAD_TENSOR"
    assert "end1.bias" in refusal.message
    assert kind in refusal.message


def test_a_tensor_without_a_name_is_refused():
    assert refused(lambda: raw_model({**random_weights(TINY), 3: NOTHING})).code == "BAD_TENSOR"


@pytest.mark.parametrize("size", [-1, -(2**40), 2**64, 2**70, 1.5, "two", None, 10**90])
def test_a_size_that_is_none_is_refused_by_key_and_value(size):
    weights = random_weights(TINY)
    for key in ("kernel_size", "classes", "skip_channels"):
        refusal = refused(lambda key=key: raw_model(weights, config={**TINY, **WHOLE, key: size}))
        assert refusal.code == "BAD_SHAPE"
        assert f"{key}={ascii(size)[:60]}" in refusal.message


def test_a_dilation_beyond_all_numbers_is_refused():
    assert refused(lambda: network(config(layers_per_block=70), {})).code == "BAD_SHAPE"
    refusal = refused(lambda: raw_model(random_weights(TINY), dilations=[1, -2]))
    assert "dilation=-2" in refusal.message


@pytest.mark.parametrize("numbers", [(2**40, 1), (2**70, 1), (1, 2**70), (-1, 1), (1, 0)])
def test_absurd_numbers_of_streams_and_threads_are_refused(numbers):
    assert refused(lambda: network().ensemble(*numbers)).code in ("BAD_ENSEMBLE", "BAD_THREADS")


@pytest.mark.parametrize(
    "out",
    [
        np.empty(8),
        np.empty(8, ">f4"),
        np.empty(16, np.float32)[::2],
        np.empty((4, 4), np.float32).T[:2],
        read_only(np.empty(8, np.float32)),
        bytearray(32),
        None,
    ],
    ids=["float64", "big-endian", "strided", "transposed", "read-only", "bytes", "none"],
)
def test_an_output_that_the_engine_cannot_write_is_no_argument(out):
    with pytest.raises(TypeError):
        opened().process(out)


def test_numbers_that_do_not_lie_on_whole_addresses_are_refused():
    stream, convnet = opened(), tiny_convnets.config()
    classes, row = np.zeros(4, np.int32), np.empty((4, 32), np.float32)
    frames, played = np.zeros((4, 3), np.float32), np.empty((4, 2), np.float32)
    effect = NativeConvnet(convnet, tiny_convnets.random_weights(convnet)).open(
        np.zeros(4, np.float32)
    )
    filtering = _engine.AllPole(2)
    weights = random_weights(TINY)
    for call in (
        lambda: stream.process(not_aligned(np.zeros(8, np.float32))),
        lambda: stream.prime(not_aligned(classes)),
        lambda: stream.predict(not_aligned(classes), row),
        lambda: stream.predict(classes, not_aligned(row)),
        lambda: effect.process(not_aligned(frames), played),
        lambda: effect.process(frames, not_aligned(played)),
        lambda: effect.steer(not_aligned(np.zeros(4, np.float32))),
        lambda: filtering.process(not_aligned(np.zeros(4, np.float32)), np.zeros(2), 1.0),
        lambda: filtering.process(np.zeros(4, np.float32), not_aligned(np.zeros(2)), 1.0),
        lambda: network().ensemble(1, 1).process([stream], not_aligned(np.zeros((1, 8), "f4"))),
        lambda: raw_model({**weights, "end1.bias": not_aligned(weights["end1.bias"])}),
    ):
        assert refused(call).code == "BAD_BUFFER"


def test_predictions_are_not_written_over_the_classes_that_they_come_from():
    room = np.zeros((200, 32), np.float32)
    classes = room.view(np.int32).reshape(-1)[-200:]
    stream = opened()
    assert refused(lambda: stream.predict(classes, room)).code == "BAD_BUFFER"
    stream.predict(classes.copy(), room)


STARVED = """
import resource, sys
sys.path[:0] = {paths!r}
import numpy as np
from tiny_wavenets import config, random_weights, signature
from whisperwave.runtimes import Streams
from whisperwave.runtimes.backends.native import NativeNetwork
from whisperwave.runtimes.session import Runtime

shape = config(skip_channels=20_000)
facts = signature(shape)
player = Runtime(NativeNetwork(shape, random_weights(shape), facts), facts)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**27, -1))
try:
    Streams(player, 4_096)
except MemoryError:
    out = np.empty(8, np.float32)
    Streams(player, 2).process([player.session()], [out])
    print(np.isfinite(out).all())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a limit of memory is another")
def test_memory_that_the_system_does_not_give_is_python_s_own_error(request):
    script = STARVED.format(paths=[str(request.path.parents[1])])
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "True\n", done.stderr
