import numpy as np
import pytest

from whisperwave.dsp.fir import Fir, delayed, interpolation

CUTS = [(1,), (64,), (7, 100, 3), (1_000,)]


def stepped(filter, audio, cuts):
    state, parts, place, turn = filter.start(audio.shape[:-1]), [], 0, 0
    while place < audio.shape[-1]:
        size = cuts[turn % len(cuts)]
        out, state = filter.step(audio[..., place : place + size], state)
        parts.append(out)
        place, turn = place + size, turn + 1
    return np.concatenate(parts, axis=-1)


@pytest.mark.parametrize("cuts", CUTS)
def test_a_filter_convolves_whatever_the_steps(generator, cuts):
    audio = generator.standard_normal((2, 900)).astype(np.float32)
    response = generator.standard_normal(50)
    plain = np.stack([np.convolve(channel, response)[:900] for channel in audio])
    assert stepped(Fir(response), audio, cuts) == pytest.approx(plain, abs=1e-5)


@pytest.mark.parametrize("cuts", CUTS)
def test_several_responses_interleave(generator, cuts):
    audio = generator.standard_normal(900).astype(np.float32)
    responses = generator.standard_normal((3, 20))
    apart = [stepped(Fir(each), audio, cuts) for each in responses]
    assert stepped(Fir(responses), audio, cuts) == pytest.approx(np.stack(apart).T.ravel())


def test_a_tone_at_a_higher_rate_is_the_same_tone_and_has_no_image():
    tone = np.sin(2 * np.pi * 0.4 * np.arange(4_000)).astype(np.float32)
    raised = stepped(Fir(interpolation(3, 320, 0.49)), tone, (640,))[3 * 320 :]
    wanted = np.sin(2 * np.pi * 0.4 / 3 * np.arange(len(raised)))
    inside = slice(2_000, -2_000)
    assert raised[inside] == pytest.approx(wanted[inside], abs=1e-4)


def test_what_lies_above_the_old_nyquist_frequency_is_gone(generator):
    white = generator.standard_normal(20_000).astype(np.float32)
    raised = stepped(Fir(interpolation(3, 320, 0.49)), white, (5_000,))[5_000:]
    power = np.abs(np.fft.rfft(raised * np.hanning(len(raised)))) ** 2
    third = len(power) // 3
    assert power[third + 50 :].mean() < 1e-7 * power[: third - 1_000].mean()


def test_a_queue_gives_back_what_went_in_first():
    out, queue = delayed(np.arange(3), np.arange(3, 8))
    assert out.tolist() == [0, 1, 2, 3, 4]
    assert queue.tolist() == [5, 6, 7]
    out, queue = delayed(np.arange(3), np.arange(3, 4))
    assert (out.tolist(), queue.tolist()) == ([0], [1, 2, 3])
