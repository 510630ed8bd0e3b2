from hypothesis import given
from hypothesis import strategies as st

from whisperwave.datasets.conforming import Part
from whisperwave.datasets.splitting import Shares, cut_in_time

shares = st.builds(
    Shares, st.floats(0.0, 0.4), st.floats(0.0, 0.4), st.integers(0, 2**32)
)  # fmt: skip


@given(st.lists(st.integers(1, 500), min_size=1, max_size=8), shares)
def test_cut_in_time_every_frame_is_in_one_split_and_in_order(lengths, chosen):
    starts = [sum(lengths[:n]) for n in range(len(lengths))]
    parts = [Part(s, s + n, 1000 + 2 * s) for s, n in zip(starts, lengths, strict=True)]
    cuts = cut_in_time(parts, chosen)
    frames = [frame for _, part in cuts for frame in range(part.start, part.stop)]
    assert frames == list(range(sum(lengths)))
    order = [["train", "validation", "test"].index(split) for split, _ in cuts]
    assert order == sorted(order)


def test_cut_in_time_a_part_still_knows_where_it_was_in_its_file():
    cuts = cut_in_time([Part(0, 100, 50)], Shares(0.2, 0.1))
    assert [(split, part.source_start) for split, part in cuts] == [
        ("train", 50), ("validation", 120), ("test", 140),
    ]  # fmt: skip
