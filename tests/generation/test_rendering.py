import numpy as np
import pytest

from whisperwave.errors import EngineError
from whisperwave.generation.rendering import BLOCK, render


class Counter:
    """A session that counts; small enough to see through."""

    latency = 0
    channels = 1

    def __init__(self, broken_at=None):
        self.position, self.broken_at = 0, broken_at

    def process(self, out):
        out[:] = np.arange(self.position, self.position + len(out))
        self.position += len(out)
        if self.broken_at is not None and self.position > self.broken_at:
            out[self.broken_at - self.position] = np.nan


@pytest.mark.parametrize("samples", [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5])
def test_blocks_follow_each_other_without_a_gap(samples):
    rendering = render(Counter(), samples, 16_000)
    assert np.array_equal(rendering.audio, np.arange(samples))
    assert rendering.samples_per_second > 0


def test_progress_is_told_in_seconds_of_sound():
    heard = []
    render(Counter(), 2 * BLOCK, 1_000, lambda *told: heard.append(told))
    assert heard == [(BLOCK / 1_000, 2 * BLOCK / 1_000), (2 * BLOCK / 1_000, 2 * BLOCK / 1_000)]


def test_a_value_that_is_not_finite_is_refused_with_its_place():
    with pytest.raises(EngineError, match="sample 70") as caught:
        render(Counter(broken_at=70), 100, 16_000)
    assert caught.value.code == "NOT_FINITE"


class Pair(Counter):
    """The same in two channels, of which one counts backwards."""

    channels = 2

    def process(self, out):
        assert out.flags.c_contiguous
        super().process(out[0])
        out[1] = -out[0]


def test_two_channels_follow_each_other_without_a_gap():
    rendering = render(Pair(), 2 * BLOCK + 5, 16_000)
    counted = np.arange(2 * BLOCK + 5)
    assert np.array_equal(rendering.audio, [counted, -counted])
    with pytest.raises(EngineError, match="nan at sample 70"):
        render(Pair(broken_at=70), 100, 16_000)
