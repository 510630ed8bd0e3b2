import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from whisperwave.datasets.dealing import Dealing, Member
from whisperwave.datasets.splitting import Shares
from whisperwave.errors import ConfigError

SHARES = Shares(0.1, 0.1)
members = st.builds(
    Member,
    contents=st.tuples(
        st.integers(0, 30).map(lambda n: b"bytes %d" % n),
        st.integers(0, 30).map(lambda n: b"frames %d" % n),
    ),
    frames=st.integers(1, 10_000),
    unit=st.sampled_from(["", "ann", "ben", "cleo", "dan", "eve"]),
    stratum=st.sampled_from(["rain", "wind"]),
    predict=st.booleans(),
)
shares = st.builds(
    Shares, st.floats(0.0, 0.4), st.floats(0.0, 0.4), st.integers(0, 2**32)
)  # fmt: skip


def files(count, **known):
    return [Member((b"bytes %d" % n, b"frames %d" % n), 100, **known) for n in range(count)]


def assign(found, chosen):
    """The split of every file."""
    with closing(sqlite3.connect(":memory:")) as database:
        dealing = Dealing(database)
        for place, member in enumerate(found):
            dealing.add(place, member)
        dealing.deal(chosen)
        return list(dealing.splits())


def dealt(found, chosen):
    """Pairs of a file and its split; none where there are too few files to split."""
    try:
        return list(zip(found, assign(found, chosen), strict=True))
    except ConfigError:
        return []


def some_cases(test):
    several = st.lists(members, min_size=5, max_size=25)
    return settings(max_examples=60, deadline=None)(given(several, shares)(test))


@some_cases
def test_copies_of_a_sound_are_never_in_two_splits(found, chosen):
    places = {}
    for member, split in dealt(found, chosen):
        assert {places.setdefault(content, split) for content in member.contents} == {split}


@some_cases
def test_a_speaker_is_never_in_two_splits(found, chosen):
    splits = dealt(found, chosen)
    for unit in {member.unit for member in found} - {""}:
        heard = {split for member, split in splits if member.unit == unit}
        assert len(heard - {"predict"}) <= 1


@some_cases
def test_the_order_in_which_files_are_found_changes_nothing(found, chosen):
    numbered = [
        replace(member, contents=(*member.contents, b"%d" % n)) for n, member in enumerate(found)
    ]
    plain, turned = dealt(numbered, chosen), dealt(numbered[::-1], chosen)
    assert plain == turned[::-1]


@some_cases
def test_every_file_that_is_asked_for_is_for_listening(found, chosen):
    for member, split in dealt(found, chosen):
        assert split == "predict" or not member.predict


def test_a_tenth_of_the_files_is_kept_for_each():
    splits = assign(files(200), SHARES)
    assert splits.count("validation") == splits.count("test") == 20


def test_every_class_has_its_share():
    found = [Member((b"%d" % n,), 100, stratum=str(n % 4)) for n in range(80)]
    splits = assign(found, SHARES)
    for stratum in range(4):
        assert [s for n, s in enumerate(splits) if n % 4 == stratum].count("test") == 2


def test_shares_are_of_the_time_not_of_the_files():
    found = [Member((b"%d" % n,), 10_000 if n < 2 else 100) for n in range(200)]
    splits = assign(found, Shares(0.25, 0.0))
    kept = sum(m.frames for m, s in zip(found, splits, strict=True) if s == "validation")
    assert kept / sum(m.frames for m in found) == pytest.approx(0.25, abs=0.15)


def test_another_seed_keeps_other_files():
    assert assign(files(50), SHARES) != assign(files(50), Shares(0.1, 0.1, seed=1))


def test_the_splits_of_known_contents_never_change():
    assert [n for n, s in enumerate(assign(files(20), SHARES)) if s == "test"] == [3, 15]


def test_two_files_are_one_to_learn_from_and_one_to_check_with():
    assert sorted(assign(files(2), Shares(0.1, 0.0))) == ["train", "validation"]


def test_too_few_files_for_the_splits_are_refused():
    for count, chosen in ((1, Shares(0.1, 0.0)), (2, SHARES)):
        with pytest.raises(ConfigError) as refusal:
            assign(files(count), chosen)
        assert refusal.value.code == "TOO_FEW"
    assert assign(files(1), Shares(0.0, 0.0)) == ["train"]


def by_artists(count: int) -> list[Member]:
    """Four files each of so many artists of two classes, none of whom is in both."""
    return [
        Member((b"bytes %s %d %d" % (genre.encode(), artist, n),), 100, f"{genre} {artist}", genre)
        for genre in ("folk", "metal")
        for artist in range(count)
        for n in range(4)
    ]


@pytest.mark.parametrize("seed", range(10))
def test_every_class_keeps_an_artist_aside_where_it_has_enough_of_its_own(seed):
    found = by_artists(5)
    splits = assign(found, Shares(0.1, 0.1, seed))
    for genre in ("folk", "metal"):
        own = [split for member, split in zip(found, splits, strict=True) if genre in member.unit]
        assert [own.count(split) for split in ("train", "validation", "test")] == [12, 4, 4]


def test_classes_of_too_few_artists_share_those_that_are_kept_aside():
    splits = assign(by_artists(2), Shares(0.2, 0.2))
    assert {splits.count(split) for split in ("validation", "test")} == {4}


@given(st.permutations(range(60)))
@settings(max_examples=30, deadline=None)
def test_a_long_chain_of_copies_is_one_family(order):
    chain = [Member((b"%d" % n, b"%d" % (n + 1)), 100) for n in order]
    apart = [Member((b"apart %d" % n,), 100) for n in range(20)]
    splits = assign([*chain, *apart], SHARES)
    assert len(set(splits[:60])) == 1
    assert {"validation", "test"} <= set(splits)
