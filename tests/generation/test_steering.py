from dataclasses import replace

import numpy as np
import pytest

from whisperwave import modelfile
from whisperwave.dsp import prediction
from whisperwave.errors import EngineError
from whisperwave.generation.instrument import ready
from whisperwave.generation.material import gather
from whisperwave.generation.picks import Picks
from whisperwave.generation.playing import play
from whisperwave.generation.priming import prime_of
from whisperwave.generation.steering import steering_of
from whisperwave.runtimes import Sampling

RATE = 16_000


@pytest.fixture
def instrument(model_path):
    return ready(model_path)


def test_a_piece_is_told_its_outline_to_the_last_sample(instrument, library):
    materials = gather(library, Picks.parse(["1", "9"]), RATE)
    for samples in (1, 160, 161, 16_000):
        played = play(instrument, materials, samples, Sampling(), seed=1)
        assert played.outline.mel.shape == (3, -(-samples // 160))
        assert played.audio.shape == played.rendering.audio.shape == (samples,)
        assert np.isfinite(played.audio).all()


def test_an_outline_begins_anew_whenever_it_is_asked_for(instrument, library):
    materials = gather(library, Picks.parse(["1", "9"]), RATE)
    steering = steering_of(instrument, materials, prime_of(materials, RATE, 100, seed=1), seed=1)
    first, again = ([next(outlines).mel for _ in range(3)]
                    for outlines in (steering.outlines(), steering.outlines()))  # fmt: skip
    np.testing.assert_array_equal(first, again)
    assert (first[0] != first[1]).any()


def test_spans_of_an_outline_are_played_as_one_guide(instrument, library):
    """What is told a span at a time is what a guide of the whole piece would tell."""
    materials = gather(library, Picks.parse(["1", "9"]), RATE)
    played = play(instrument, materials, 3 * RATE, Sampling(), seed=1)
    prime = prime_of(materials, RATE, instrument.file.signature.receptive_field, seed=1)
    steering = steering_of(instrument, materials, prime, seed=1)
    guide = instrument.runtime.guide(steering.style, played.outline.mel)
    session = instrument.runtime.session(guide, Sampling(), 1)
    session.prime(prime, steering.prime_guide)
    out = np.empty(3 * RATE, np.float32)
    session.process(out)
    np.testing.assert_array_equal(out, played.rendering.audio)


def test_a_piece_of_excitations_rings_as_its_picks_do(excitation_path, library):
    """Random weights play even noise; filtered as a hum is, it hums before anything holds it."""
    instrument = ready(excitation_path)
    for clip, tonal in (("1", True), ("5", False)):
        materials = gather(library, Picks.parse([clip]), RATE)
        audio = play(instrument, materials, 2 * RATE, Sampling(), seed=1).rendering.audio
        power = np.abs(np.fft.rfft(audio)) ** 2
        assert (power[360:400].sum() > 0.5 * power.sum()) == tonal


def test_a_piece_is_as_loud_from_moment_to_moment_as_its_outline_says(instrument, library):
    """Random weights play even noise; held to the outline of pulses, it pulses."""
    materials = gather(library, Picks.parse(["9"]), RATE)
    played = play(instrument, materials, 2 * RATE, Sampling(), seed=1)

    def unevenness(audio):
        levels = np.sqrt(np.mean(audio.reshape(-1, 320) ** 2, axis=1))
        return levels.std() / levels.mean()

    assert unevenness(played.audio) > 3.0 * unevenness(played.rendering.audio)


def test_a_model_that_was_told_other_features_is_refused(tiny_model, tmp_path):
    other = {"autocorrelation": dict(prediction.SETTINGS, window_seconds=0.1)}
    modelfile.write(tmp_path / "other.safetensors", replace(tiny_model, features=other))
    with pytest.raises(EngineError, match="window_seconds") as caught:
        ready(tmp_path / "other.safetensors")
    assert caught.value.code == "OTHER_FEATURES"
