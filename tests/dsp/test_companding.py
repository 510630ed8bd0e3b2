import numpy as np
import pytest

from whisperwave.dsp.companding import mulaw_decode, mulaw_encode
from whisperwave.errors import ConfigError

LEVELS = [16, 64, 256, 512, 1024]


def modulated_sine(level_dbfs: float) -> np.ndarray:
    seconds = np.arange(44100) / 44100
    sine = np.sin(2 * np.pi * 220 * seconds) * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * seconds))
    return sine * 10 ** (level_dbfs / 20) / np.abs(sine).max()


def snr_db(audio: np.ndarray, levels: int = 256) -> float:
    noise = mulaw_decode(mulaw_encode(audio, levels), levels) - audio
    return float(10 * np.log10(np.mean(audio**2) / np.mean(noise**2)))


@pytest.mark.parametrize("levels", LEVELS)
def test_every_class_survives_decoding_and_encoding(levels: int) -> None:
    classes = np.arange(levels)
    np.testing.assert_array_equal(mulaw_encode(mulaw_decode(classes, levels), levels), classes)


@pytest.mark.parametrize("levels", LEVELS)
def test_decoding_is_strictly_monotone_and_symmetric(levels: int) -> None:
    values = mulaw_decode(np.arange(levels), levels)
    assert np.all(np.diff(values) > 0)
    np.testing.assert_array_equal(values, -values[::-1])
    assert values[0] == -1.0
    assert values[-1] == 1.0


@pytest.mark.parametrize("levels", LEVELS)
def test_encoding_is_monotone_and_symmetric(levels: int) -> None:
    audio = np.linspace(-1, 1, 10001)
    classes = mulaw_encode(audio, levels).astype(int)
    assert np.all(np.diff(classes) >= 0)
    off_centre = np.abs(audio) > 1e-9  # zero lies on a class border, and rounds up on both sides
    np.testing.assert_array_equal(classes[off_centre], (levels - 1 - classes[::-1])[off_centre])


@pytest.mark.parametrize(("level_dbfs", "expected_db"), [(-6.0, 38.0), (-40.0, 33.2)])
def test_noise_is_as_low_as_the_rounding_form_can_be(level_dbfs: float, expected_db: float) -> None:
    assert snr_db(modulated_sine(level_dbfs)) == pytest.approx(expected_db, abs=0.3)


def test_no_constant_offset_is_added() -> None:
    audio = modulated_sine(-6.0)
    assert abs(np.mean(mulaw_decode(mulaw_encode(audio)) - audio)) < 1e-4


def test_silence_encodes_to_the_middle_and_decodes_to_almost_nothing() -> None:
    silence = mulaw_encode(np.zeros(3))
    np.testing.assert_array_equal(silence, [128, 128, 128])
    assert mulaw_decode(silence)[0] == pytest.approx(8.6e-5, rel=0.01)


def test_audio_beyond_full_scale_is_clipped() -> None:
    np.testing.assert_array_equal(mulaw_encode(np.array([-8.0, 8.0])), [0, 255])


@pytest.mark.parametrize(("levels", "dtype"), [(256, np.uint8), (512, np.int16)])
def test_classes_take_the_smallest_type_that_holds_them(levels: int, dtype: type) -> None:
    assert mulaw_encode(np.zeros((2, 3)), levels).dtype == dtype
    assert mulaw_decode(mulaw_encode(np.zeros((2, 3)), levels), levels).dtype == np.float32


@pytest.mark.parametrize("levels", [1, 40000])
def test_an_impossible_number_of_levels_is_refused_with_its_value(levels: int) -> None:
    with pytest.raises(ConfigError, match=f"levels={levels}"):
        mulaw_encode(np.zeros(1), levels)
