"""Sessions side by side: each plays what it would play alone."""

import numpy as np
import pytest
from tiny_wavenets import config, random_weights, signature

from whisperwave.dsp.prediction import autocorrelation
from whisperwave.errors import EngineError
from whisperwave.runtimes import Sampling, Streams
from whisperwave.runtimes.backends.native import NativeNetwork
from whisperwave.runtimes.backends.reference import ReferenceNetwork
from whisperwave.runtimes.session import Runtime

ORDER, HOP, STREAMS, SAMPLES = 6, 40, 5, 300
SHAPE = config(classes=256, control_channels=3, conditioning_channels=2, hop_length=HOP)


@pytest.fixture(params=[NativeNetwork, ReferenceNetwork])
def player(request):
    facts = signature(SHAPE, order=ORDER)
    return Runtime(request.param(SHAPE, random_weights(SHAPE), facts), facts)


@pytest.fixture
def guides(player):
    """For each stream a style, controls and filters of its own."""

    def guide(seed):
        generator = np.random.default_rng(seed)
        sound = (0.1 * np.cumsum(generator.normal(0, 0.2, 2 * SAMPLES))).astype(np.float32)
        frames = generator.normal(size=(3, 2 * SAMPLES // HOP + 1)).astype(np.float32)
        lags = autocorrelation(sound, 16_000, ORDER, HOP)
        return player.guide(generator.normal(size=2).astype(np.float32), frames, lags)

    return [guide(seed) for seed in range(STREAMS)]


@pytest.fixture
def opened(player, guides):
    """A function that opens all sessions afresh."""

    def sessions():
        return [
            player.session(guide, Sampling(temperature=0.5 + 0.2 * i), seed=7, stream=i)
            for i, guide in enumerate(guides)
        ]

    return sessions


@pytest.fixture
def alone(opened):
    out = np.empty((STREAMS, SAMPLES), np.float32)
    for session, row in zip(opened(), out, strict=True):
        session.process(row)
    return out


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("blocks", [(300,), (1, 7, 64, 228)])
def test_together_as_alone_with_any_number_of_threads_in_any_blocks(
    player, opened, alone, threads, blocks
):
    streams, sessions = Streams(player, STREAMS, threads), opened()
    together = np.empty_like(alone)
    for stop, length in zip(np.cumsum(blocks), blocks, strict=True):
        streams.process(sessions, list(together[:, stop - length : stop]))
    np.testing.assert_array_equal(together, alone)


def test_sessions_join_leave_and_play_alone_in_between(player, opened, alone):
    streams, sessions = Streams(player, STREAMS, threads=2), opened()
    heard = [np.empty(0, np.float32) for _ in sessions]
    for turn in range(12):
        playing = [i for i in range(STREAMS) if (turn + i) % 3]
        parts = [np.empty(20, np.float32) for _ in playing]
        if turn % 4 == 3:
            for i, part in zip(playing, parts, strict=True):
                sessions[i].process(part)
        else:
            streams.process([sessions[i] for i in playing], parts)
        for i, part in zip(playing, parts, strict=True):
            heard[i] = np.append(heard[i], part)
    for played, expected in zip(heard, alone, strict=True):
        np.testing.assert_array_equal(played, expected[: len(played)])


def test_nobody_playing_is_nothing_to_do(player):
    Streams(player, 1).process([], [])


def test_what_cannot_play_together_is_refused_with_a_remedy(player, opened):
    sessions = opened()
    row, short = np.empty(8, np.float32), np.empty(4, np.float32)
    for playing, out in (
        (sessions[:2], [row]),
        (sessions[:2], [row, short]),
        (sessions[:1], [row.astype(np.float64)]),
    ):
        with pytest.raises(EngineError) as refusal:
            Streams(player, 2).process(playing, out)
        assert refusal.value.remedy


@pytest.fixture
def native():
    facts = signature(SHAPE, order=ORDER)
    return Runtime(NativeNetwork(SHAPE, random_weights(SHAPE), facts), facts)


@pytest.mark.parametrize("numbers", [(0, 1), (1, 0), (-1, 1), (1, 65), (5_000, 1)])
def test_absurd_numbers_of_streams_and_threads_are_refused(native, numbers):
    with pytest.raises(EngineError) as refusal:
        Streams(native, *numbers)
    assert refusal.value.code in ("BAD_ENSEMBLE", "BAD_THREADS")


def test_a_session_twice_too_many_or_of_another_model_is_refused_by_the_engine(native, guides):
    facts = signature(SHAPE, order=ORDER)
    other = Runtime(NativeNetwork(SHAPE, random_weights(SHAPE), facts), facts)
    sessions = [native.session(guide) for guide in guides]
    for playing in ([sessions[0]] * 2, sessions[:3], [other.session(guides[0])]):
        with pytest.raises(EngineError) as refusal:
            Streams(native, 2).process(playing, [np.empty(8, np.float32) for _ in playing])
        assert refusal.value.code in ("BAD_ENSEMBLE", "SESSION_BUSY")
