from itertools import islice

import numpy as np
import pytest

from whisperwave.dsp.blocks import only_first
from whisperwave.dsp.loudness import integrated_lufs
from whisperwave.errors import EngineError
from whisperwave.generation import performance as performing
from whisperwave.generation import playing
from whisperwave.generation.instrument import ready
from whisperwave.generation.material import gather
from whisperwave.generation.opening import opening_of
from whisperwave.generation.performance import Performance
from whisperwave.generation.picks import Picks
from whisperwave.generation.playing import play
from whisperwave.runtimes import Sampling

RATE = 16_000


@pytest.fixture
def perform(model_path, excitation_path, library):
    def begin(picks="1 9", wide=True, seed=1, model=model_path):
        instrument = ready(model)
        materials = gather(library, Picks.parse([picks]), RATE, wide)
        opening = opening_of(instrument, materials, seed)
        return Performance(instrument, opening, Sampling(), seed, wide=wide)

    return begin


def heard(performance, seconds):
    samples = round(seconds * performance.sample_rate)
    return np.concatenate(list(only_first(performance.blocks(), samples)), axis=1)


@pytest.mark.parametrize(("wide", "shape"), [(True, (2, 96_000)), (False, (1, 32_000))])
def test_a_performance_goes_on_in_blocks(perform, wide, shape):
    performance = perform(wide=wide)
    audio = heard(performance, 2.0)
    assert audio.shape == shape
    assert audio.dtype == np.float32
    assert np.isfinite(audio).all()
    assert performance.channels == len(audio)


@pytest.mark.parametrize("wide", [True, False])
def test_the_same_seed_gives_the_same_sound_whoever_is_faster(perform, monkeypatch, wide):
    with_a_thread = heard(perform(wide=wide), 1.5)
    monkeypatch.setattr(performing, "made_ahead", lambda things, _count: iter(things))
    np.testing.assert_array_equal(heard(perform(wide=wide), 1.5), with_a_thread)
    assert (heard(perform(wide=wide, seed=2), 1.5) != with_a_thread).any()


def test_a_longer_piece_begins_like_a_shorter_one(perform):
    np.testing.assert_array_equal(heard(perform(), 2.0)[:, :48_000], heard(perform(), 1.0))


def test_what_is_heard_of_the_narrow_sound_is_what_evaluations_play(perform, model_path, library):
    """The same piece, held to its outline step by step and at once."""
    parts, performance = [], perform(wide=False)
    list(islice(performance.blocks(parts.append), 60))
    stepped = np.concatenate(parts)
    materials = gather(library, Picks.parse(["1 9"]), RATE)
    whole = play(ready(model_path), materials, 3 * RATE, Sampling(), seed=1).audio
    count = 2 * RATE
    assert stepped[:count] == pytest.approx(whole[:count], abs=1e-4)


@pytest.mark.parametrize("picks", ["5", "9", "1 5:2 9"])  # the noise played here can be no hum
@pytest.mark.parametrize("wide", [True, False])
def test_its_loudness_is_known_before_it_is_played(perform, picks, wide):
    performance = perform(picks, wide)
    audio = heard(performance, 6.0)
    found = integrated_lufs(audio, performance.sample_rate)
    assert found == pytest.approx(performance.expected_lufs, abs=2.0)


@pytest.mark.parametrize("passages", [29, 40])
def test_it_ends_when_it_is_told_to_wherever_it_is(perform, monkeypatch, passages):
    """Also where the guard's frames do not fit into what is left of a block."""
    monkeypatch.setattr(performing, "_GUARD_SECONDS", 0.012)
    left = iter(range(passages, -1, -1))
    audio = [*perform().blocks(going=lambda: next(left) > 0)]
    assert sum(block.shape[1] for block in audio) <= passages * 1_920
    assert len(audio) >= passages - 28  # those that were still on their way


def test_a_model_of_excitations_performs_too(perform, excitation_path):
    audio = heard(perform("1", wide=False, model=excitation_path), 1.0)
    power = np.abs(np.fft.rfft(audio[0, RATE // 2 :])) ** 2
    assert power[90:100].sum() > 0.4 * power.sum()  # the hum


def test_a_model_that_breaks_is_said_with_its_place(perform, monkeypatch):
    performance = perform()
    session = performance.player.session
    play_on = session.process

    def broken(out):
        play_on(out)
        if performance.player.samples >= RATE:
            out[7] = np.nan

    monkeypatch.setattr(session, "process", broken)
    with pytest.raises(EngineError, match="at sample 16007"):
        heard(performance, 3.0)


@pytest.mark.parametrize("seconds", [0.005, 0.04, 0.3])
def test_how_much_is_played_at_once_does_not_matter_much(perform, monkeypatch, seconds):
    """Another grid adds up in another order, which is all that may differ."""
    usual = heard(perform(), 1.0)
    monkeypatch.setattr(playing, "PASSAGE_SECONDS", seconds)
    assert heard(perform(), 1.0) == pytest.approx(usual, abs=1e-4)
