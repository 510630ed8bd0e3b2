"""Every feature by frame: the same for any cut, on one grid, with units, silence and no NaN."""

import json
from pathlib import Path

import numpy as np
import pytest

from whisperwave import registry
from whisperwave.datasets.featuring import frame_features
from whisperwave.errors import ConfigError

RATE, HOP = 16_000, 160
GOLDEN = Path(__file__).parent.parent / "golden" / "features"
NAMES = frame_features()
CUTS = [(1,), (160,), (7, 1000), (40_000,), (333, 2, 5000)]


def extractor(name):
    return registry.find("dsp.features", name).extractor(RATE, HOP)


def heard(seconds=0.5):
    """A gliding tone with overtones that turns into noise, then into silence."""
    time = np.arange(round(seconds * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * n * (200 + 100 * time) * time) / n for n in (1, 2, 3))
    noise = np.random.default_rng(7).standard_normal(len(time))
    return np.concatenate([0.2 * tone, 0.1 * noise, np.zeros(len(time))])


def stepped(made, audio, cuts):
    state, rows, at, turn = made.start(), [], 0, 0
    while at < len(audio):
        size = cuts[turn % len(cuts)]
        out, state = made.step(audio[at : at + size], state)
        rows.append(out)
        at, turn = at + size, turn + 1
    return np.concatenate([*rows, made.finish(state)], axis=1)


def test_the_features_are_those_that_a_set_can_have():
    assert NAMES == ("f0", "loudness", "mel", "mfcc")


@pytest.mark.parametrize("cuts", CUTS)
@pytest.mark.parametrize("name", NAMES)
def test_the_steps_of_a_feature_join_to_the_whole(name, cuts):
    audio = heard(0.05) if cuts == (1,) else heard()
    whole = extractor(name)(audio)
    scale = np.abs(whole).max()
    np.testing.assert_allclose(stepped(extractor(name), audio, cuts), whole, atol=1e-5 * scale)


@pytest.mark.parametrize("samples", [0, 1, 159, 160, 161, 5000])
@pytest.mark.parametrize("name", NAMES)
def test_there_is_a_frame_for_each_hop_and_one_more(name, samples):
    made = extractor(name)
    assert made(np.zeros(samples)).shape == (len(made.names), 1 + samples // HOP)


@pytest.mark.parametrize("hop", [64, 441, 3000])
@pytest.mark.parametrize("name", NAMES)
def test_the_grid_may_be_finer_or_coarser_than_the_window(name, hop):
    made = registry.find("dsp.features", name).extractor(RATE, hop)
    audio = heard()
    rows = stepped(made, audio, (777,))
    assert rows.shape[1] == 1 + len(audio) // hop
    if name != "f0":  # whose path remembers the frames between
        near = audio[: hop + made.latency]
        fine = registry.find("dsp.features", name).extractor(RATE, 1)(near)
        np.testing.assert_allclose(rows[:, 1], fine[:, hop], atol=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_a_frame_is_out_as_soon_as_its_latency_has_passed(name):
    made = extractor(name)
    audio = heard()
    out, state = made.step(audio[: 10 * HOP + made.latency - 1], made.start())
    assert out.shape[1] == 10
    assert made.step(audio[:1], state)[0].shape[1] == 1


@pytest.mark.parametrize("name", NAMES)
def test_no_frame_hears_further_than_its_window(name):
    made, audio = extractor(name), heard()
    changed = audio.copy()
    changed[4000:] = 0.3
    before = (4000 - made.latency) // HOP
    np.testing.assert_allclose(made(audio)[:, :before], made(changed)[:, :before], atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_a_number_is_refused(name, bad):
    audio = heard()
    audio[100] = bad
    with pytest.raises(ConfigError) as refusal:
        extractor(name)(audio)
    assert refusal.value.code == "BAD_AUDIO"


@pytest.mark.parametrize("name", NAMES)
def test_silence_is_finite_and_the_same_in_every_frame(name):
    rows = extractor(name)(np.zeros(RATE))
    assert np.isfinite(rows).all()
    assert np.ptp(rows, axis=1).max() < 1e-3


@pytest.mark.parametrize("name", NAMES)
def test_the_numbers_are_those_that_were_written_down(name):
    golden = json.loads((GOLDEN / f"{name}.json").read_text())
    rows = extractor(name)(heard(0.1))[:, ::5]
    np.testing.assert_allclose(rows, golden, rtol=1e-3, atol=1e-3)
