"""However many processes share a batch, together they hear what one would, in its order."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tiny_runs import TINY, make_sounds

from whisperwave.errors import ConfigError
from whisperwave.training.material.feeding import Feed
from whisperwave.training.processes.shares import Share, batches_of
from whisperwave.training.settings.hydra_app import compose
from whisperwave.training.settings.run import RunSettings
from whisperwave.training.tasks import next_sample


@given(
    count=st.sampled_from([1, 2, 3, 4, 8]),
    each=st.integers(1, 6),
    begun=st.integers(0, 9),
    batches=st.integers(0, 9),
)
def test_the_shares_of_a_batch_put_together_are_the_batch(
    count: int, each: int, begun: int, batches: int
) -> None:
    size = each * count
    numbers = range(begun * size, (begun + batches) * size)
    shares = [list(Share(numbers, size, rank, count)) for rank in range(count)]
    assert [len(share) for share in shares] == [batches * each] * count
    together = [
        number
        for batch in range(batches)
        for share in shares
        for number in share[batch * each : (batch + 1) * each]
    ]
    assert together == list(numbers)


@given(count=st.integers(1, 5), size=st.integers(1, 6), crops=st.integers(0, 40))
def test_held_out_batches_go_round_and_none_is_heard_twice(
    count: int, size: int, crops: int
) -> None:
    numbers = range(crops)
    whole = [list(numbers[at : at + size]) for at in range(0, crops, size)]
    for rank in range(count):
        own = batches_of(numbers, size, rank, count)
        assert own == [number for batch in whole[rank::count] for number in batch]


def test_a_share_is_asked_like_any_list() -> None:
    share = Share(range(100, 112), 6, 1, 3)
    assert list(share) == [102, 103, 108, 109]
    assert share[-1] == 109
    assert share[1:3] == [103, 108]
    with pytest.raises(IndexError):
        share[4]


def test_a_batch_that_cannot_be_shared_is_refused_with_sizes_that_can() -> None:
    with pytest.raises(ConfigError, match=r"BATCH_NOT_SHARED.*batch_size=8.*by 3.*=6 or 9"):
        Share(range(16), 8, 0, 3)
    with pytest.raises(ConfigError, match=r"batch_size=2.*by 4.*batch_size=4,"):
        Share(range(16), 2, 0, 4)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_the_same_seed_gives_the_same_splits_and_crops_however_many_share_them(
    tmp_path: Path, count: int
) -> None:
    """The planner of crops alone, without processes: what each would cut, to the last bit."""
    folder = make_sounds(tmp_path / "sounds")
    settings = RunSettings.from_mapping(compose(TINY))
    _, prepared = next_sample.prepare(folder, settings)
    size = settings.trainer.batch_size
    whole = list(Feed(prepared.crops("train", range(3 * size), 7), size, 0, print))
    others = [next_sample.prepare(folder, settings)[1] for _ in range(count)]
    assert all(other.sounds.excerpts == prepared.sounds.excerpts for other in others)
    feeds = [
        Feed(
            other.crops("train", Share(range(3 * size), size, rank, count), 7),
            size // count,
            0,
            print,
        )
        for rank, other in enumerate(others)
    ]
    for batch, *parts in zip(whole, *feeds, strict=True):
        for name, values in batch.items():
            np.testing.assert_array_equal(values, torch.cat([part[name] for part in parts]))
