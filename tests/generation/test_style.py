from dataclasses import replace

import numpy as np
import pytest
import soundfile

from whisperwave.dsp.features.texture import texture_statistics
from whisperwave.dsp.whitening import fit_whitening
from whisperwave.errors import AudioError, EngineError
from whisperwave.generation.material import gather
from whisperwave.generation.picks import Picks
from whisperwave.generation.style import StyleMeter, style_distance, style_of, style_of_picks
from whisperwave.modelfile import StyleProjection

RATE = 16_000


@pytest.fixture
def projection(library):
    """Whitened over the library's clips, as training does over its own."""
    numbers = Picks.parse([str(clip.number) for clip in library.list()])
    clips = [each.audio for each in gather(library, numbers, RATE)]
    return StyleProjection(
        *fit_whitening(np.stack([texture_statistics(audio, RATE) for audio in clips]), 2)
    )


def test_the_style_of_picks_is_the_weighted_mean_of_their_styles(library, projection, tiny_model):
    materials = gather(library, Picks.parse(["1:3", "5:1"]), RATE)
    hum, hiss = (style_of(each.audio, RATE, projection) for each in materials)
    found = style_of_picks(materials, replace(tiny_model, style=projection))
    assert found == pytest.approx(0.75 * hum + 0.25 * hiss, abs=1e-5)
    assert found.dtype == np.float32


def test_a_model_of_classes_takes_the_kinds_of_the_picks_by_name(library, tiny_model):
    named = replace(
        tiny_model, style=None, features={"style": {"name": "classes", "classes": ["hiss", "hum"]}}
    )
    materials = gather(library, Picks.parse(["1:3", "5:1"]), RATE)
    assert style_of_picks(materials, named) == pytest.approx([0.25, 0.75])
    with pytest.raises(EngineError, match="knows hiss, hum") as caught:
        style_of_picks(gather(library, Picks.parse(["9"]), RATE), named)
    assert caught.value.code == "UNKNOWN_CLASS"
    assert style_of_picks(materials, replace(tiny_model, style=None)) is None


def test_clips_of_one_kind_are_nearer_than_clips_of_two(library, projection):
    hum, other_hum, hiss = (
        style_of(each.audio, RATE, projection)
        for each in gather(library, Picks.parse(["1", "2", "5"]), RATE)
    )
    assert style_distance(hum, other_hum) < 0.5 * style_distance(hum, hiss)


def test_the_last_bits_of_a_product_do_not_reach_the_style(library, projection):
    audio = gather(library, Picks.parse(["1"]), RATE)[0].audio
    style = style_of(audio, RATE, projection)
    assert np.array_equal(style * 2**12, np.round(style * 2**12))


def test_silent_ends_are_cut_off_as_in_training(library, tmp_path):
    rng = np.random.default_rng(0)
    loud = (0.1 * rng.standard_normal(RATE)).astype(np.float32)
    silence = np.zeros(2 * RATE, np.float32)
    soundfile.write(tmp_path / "late.wav", np.concatenate([silence, loud, silence]), RATE)
    number = library.add(tmp_path / "late.wav").clip.number
    audio = gather(library, Picks.parse([str(number)]), RATE)[0].audio
    assert RATE <= len(audio) <= 1.3 * RATE


def test_a_silent_clip_is_refused_by_its_number(library, tmp_path):
    soundfile.write(tmp_path / "nothing.wav", np.zeros(RATE), RATE)
    number = library.add(tmp_path / "nothing.wav").clip.number
    with pytest.raises(AudioError, match=f"clip {number} is silent"):
        gather(library, Picks.parse([str(number)]), RATE)


def test_material_is_mono_at_the_models_rate_and_level(library):
    for rate in (RATE, 24_000):
        audio = gather(library, Picks.parse(["5"]), rate)[0].audio
        assert audio.shape == (2 * rate,)
        assert np.sqrt(np.mean(audio**2)) == pytest.approx(0.1, rel=0.02)


def test_a_style_is_measured_block_by_block_up_to_the_end(library, projection):
    audio = gather(library, Picks.parse(["5"]), RATE)[0].audio
    asked = np.zeros(2, np.float32)
    meter = StyleMeter(projection, asked, RATE, 20_000)
    for block in np.array_split(audio, 9):
        meter.update(block)
    whole = style_distance(asked, style_of(audio[:20_000], RATE, projection))
    assert meter.finish() == pytest.approx(whole, abs=1e-6)


@pytest.mark.parametrize("lacking", ["projection", "style"])
def test_without_a_style_there_is_no_distance(projection, lacking):
    given = {"projection": projection, "style": np.zeros(2, np.float32)} | {lacking: None}
    meter = StyleMeter(**given, sample_rate=RATE, samples=100)
    meter.update(np.zeros(100, np.float32))
    assert meter.finish() is None
