import numpy as np
import pytest

from whisperwave.dsp.filters import Biquad
from whisperwave.dsp.loudness import high_pass, high_shelf

RESONANT = Biquad(b=(0.3, -0.2, 0.1), a=(-1.8, 0.97))


def plain_loop(filter: Biquad, audio: np.ndarray) -> np.ndarray:
    out = np.zeros_like(audio)
    for n in range(len(audio)):
        fed = sum(b * audio[n - k] for k, b in enumerate(filter.b) if n >= k)
        back = sum(a * out[n - k] for k, a in enumerate(filter.a, start=1) if n >= k)
        out[n] = fed - back
    return out


@pytest.mark.parametrize("filter", [RESONANT, high_pass(44100), high_shelf(16000)])
@pytest.mark.parametrize("length", [0, 1, 2, 127, 128, 129, 255, 256, 3000])
def test_blocks_equal_the_plain_loop(filter: Biquad, length: int) -> None:
    audio = np.random.default_rng(length).standard_normal(length)
    np.testing.assert_allclose(filter(audio), plain_loop(filter, audio), atol=1e-10)


@pytest.mark.parametrize("cuts", [[1], [1, 2, 130], [128, 256], [0, 5]])
def test_steps_join_to_the_whole(cuts: list[int]) -> None:
    audio = np.random.default_rng(3).standard_normal((2, 400))
    state, parts = RESONANT.start((2,)), []
    for part in np.split(audio, np.cumsum(cuts), axis=1):
        out, state = RESONANT.step(part, state)
        parts.append(out)
    np.testing.assert_allclose(np.concatenate(parts, axis=1), RESONANT(audio), atol=1e-10)


def test_the_response_is_that_of_the_filter() -> None:
    click = RESONANT(np.eye(1, 4096)[0])
    found = RESONANT.response(np.fft.rfftfreq(4096))
    np.testing.assert_allclose(found, np.fft.rfft(click), atol=1e-6)


def test_channels_are_filtered_apart() -> None:
    audio = np.random.default_rng(2).standard_normal((3, 500))
    apart = np.stack([RESONANT(channel) for channel in audio])
    np.testing.assert_allclose(RESONANT(audio), apart, rtol=1e-12)
