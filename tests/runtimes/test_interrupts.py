"""What plays can be stopped at any moment: by Ctrl-C, by another thread, by its own end."""

import copy
import gc
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

import numpy as np
import pytest
import tiny_convnets
from tiny_wavenets import TINY, random_weights, signature

from whisperwave import _engine
from whisperwave.errors import EngineError
from whisperwave.runtimes import Sampling, Streams
from whisperwave.runtimes.backends.native import NativeConvnet, NativeNetwork
from whisperwave.runtimes.effect import Effect
from whisperwave.runtimes.session import Runtime

FIFTY_MS = 16_000 // 20  # samples


@pytest.fixture
def player():
    facts = signature(TINY)
    return Runtime(NativeNetwork(TINY, random_weights(TINY), facts), facts)


class Watched:
    """A stream that notes how much it is asked for at once, and is interrupted at a call."""

    def __init__(self, stream, interrupted_at):
        self._stream, self._left, self.asked = stream, interrupted_at, []

    def _called(self, count):
        self.asked.append(count)
        self._left -= 1
        if self._left == 0:
            raise KeyboardInterrupt

    def process(self, out):
        self._called(len(out))
        self._stream.process(out)

    def prime(self, samples):
        self._called(len(samples))
        self._stream.prime(samples)

    def steer(self, condition):
        self._stream.steer(condition)

    def reset(self):
        self._stream.reset()


def watched(player, interrupted_at):
    session = player.session(seed=3)
    session._stream = Watched(session.stream, interrupted_at)
    return session


@pytest.mark.parametrize("interrupted_at", range(1, 7))
def test_interrupted_at_any_piece_a_session_goes_on_where_it_was(player, interrupted_at):
    expected = np.empty(1_400, np.float32)
    player.session(seed=3).process(expected)
    session, out = watched(player, interrupted_at), np.full(700, np.nan, np.float32)
    with pytest.raises(KeyboardInterrupt):
        session.process(out)
    written = int(np.isfinite(out).sum())
    rest = np.empty(1_400 - written, np.float32)
    session.process(rest)
    np.testing.assert_array_equal(np.append(out[:written], rest), expected)
    session.reset()
    again = np.empty(1_400, np.float32)
    session.process(again)
    np.testing.assert_array_equal(again, expected)


def test_between_two_looks_at_ctrl_c_lie_less_than_fifty_ms(player, generator):
    session = watched(player, -1)
    session.prime(generator.uniform(-1, 1, 5_000).astype(np.float32))
    session.process(np.empty(2_000, np.float32))
    assert sum(session.stream.asked) == 7_000
    assert max(session.stream.asked) < FIFTY_MS


def test_an_effect_is_given_less_than_fifty_ms_at_once(generator):
    shape = tiny_convnets.config(conditioning_channels=0)
    network = NativeConvnet(shape, tiny_convnets.random_weights(shape))
    session = Effect(network, tiny_convnets.signature(shape)).session()
    asked, stream = [], session._stream

    class Noting:
        def process(self, frames, out):
            asked.append(len(frames))
            stream.process(frames, out)

    session._stream = Noting()
    session.process(generator.normal(size=(3, 3_000)).astype("f4"), np.empty((2, 3_000), "f4"))
    assert sum(asked) == 3_000
    assert max(asked) < FIFTY_MS


@pytest.fixture
def ctrl_c():
    """Ctrl-C as a terminal has it, whatever started the tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="signals to threads are of POSIX")
@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_in_the_middle_of_a_long_block_ends_it(player):
    session, out = player.session(), np.full(5_000_000, np.nan, np.float32)
    main = threading.main_thread().ident

    def press():
        while not np.isfinite(out[5_000]):  # the lock of the interpreter is free meanwhile
            pass
        signal.pthread_kill(main, signal.SIGINT)

    other = threading.Thread(target=press)
    other.start()
    with pytest.raises(KeyboardInterrupt):
        session.process(out)
    other.join()
    assert np.isfinite(out[5_000])
    assert np.isnan(out[-1])
    session.process(out[-100:])
    assert np.isfinite(out[-100:]).all()


def test_a_session_closed_by_another_thread_ends_or_finishes_and_stays_closed(player):
    for _ in range(10):
        session, out = player.session(), np.empty(2_000, np.float32)
        entered, ends = threading.Event(), []

        def play(session=session, out=out, entered=entered, ends=ends):
            entered.set()
            try:
                session.process(out)
                ends.append("played")
            except EngineError as refusal:
                ends.append(refusal.code)

        other = threading.Thread(target=play)
        other.start()
        entered.wait()
        session.close()
        gc.collect()
        other.join()
        assert ends[0] in ("played", "SESSION_CLOSED")
        with pytest.raises(EngineError) as refusal:
            session.process(out)
        assert refusal.value.code == "SESSION_CLOSED"


def test_streams_and_ensembles_hold_what_they_play(player):
    expected = np.empty((2, 300), np.float32)
    for row, stream in zip(expected, (0, 1), strict=True):
        player.session(seed=3, stream=stream).process(row)
    sessions = [player.session(seed=3, stream=stream) for stream in (0, 1)]
    streams = Streams(player, 2, threads=2)
    del player
    gc.collect()
    out = np.empty((2, 300), np.float32)
    streams.process(sessions, list(out))
    np.testing.assert_array_equal(out, expected)


def test_a_list_that_is_emptied_while_its_streams_play_takes_none_away():
    network = NativeNetwork(TINY, random_weights(TINY), signature(TINY))
    ensemble, out = network.ensemble(2, 1)._ensemble, np.full((2, 4_000), np.nan, np.float32)

    def opened():
        return [network.open(np.empty(0, np.float32), Sampling(), 3, i) for i in (0, 1)]

    playing, expected = opened(), np.empty_like(out)
    ensemble.process(opened(), expected)

    def empty():
        while not np.isfinite(out[0, 10]):
            pass
        playing.clear()
        gc.collect()

    other = threading.Thread(target=empty)
    other.start()
    ensemble.process(playing, out)
    other.join()
    np.testing.assert_array_equal(out, expected)


def test_what_cannot_be_copied_says_so(player):
    ensemble = NativeNetwork(TINY, random_weights(TINY), signature(TINY)).ensemble(1, 1)._ensemble
    for thing in (player.session().stream, ensemble, _engine.AllPole(3)):
        copied = None
        with suppress(TypeError):
            copied = copy.copy(thing)
        if copied is not None:  # an empty shell, which refuses to work
            with pytest.raises(TypeError):
                copied.process(np.empty(4, np.float32), np.zeros(3), 1.0)


FORKING = """
import os, signal, sys
sys.path[:0] = {paths!r}
import numpy as np
from tiny_wavenets import TINY, random_weights, signature
from whisperwave.runtimes import Sampling, Streams
from whisperwave.runtimes.backends.native import NativeNetwork
from whisperwave.runtimes.session import Runtime

facts = signature(TINY)
player = Runtime(NativeNetwork(TINY, random_weights(TINY), facts), facts)
streams, sessions = Streams(player, 3, threads=3), [player.session(seed=i) for i in range(3)]
expected = np.empty((3, 400), np.float32)
for i, row in enumerate(expected):
    player.session(seed=i).process(row)
out = np.empty((3, 200), np.float32)
streams.process(sessions, list(out))
assert (out == expected[:, :200]).all()
child = os.fork()
if child == 0:
    signal.alarm(60)
streams.process(sessions, list(out))
assert (out == expected[:, 200:]).all()
del streams
if child:
    sys.exit(os.waitpid(child, 0)[1])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_plays_on_and_ends(request):
    script = FORKING.format(paths=[str(request.path.parent)])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
