"""Who learns and who tests: splits that cannot leak, the same on every machine.

What belongs together stays together: all files of a speaker or with one tag, where that is asked
for, and always every copy of a sound. Which of these groups is kept aside is decided by a digest of
the seed and of what is in the group, not by its place or by chance.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from whisperwave.datasets.conforming import Part
from whisperwave.datasets.sounds import Split
from whisperwave.errors import ConfigError

_ENOUGH = 3  # speakers or artists of one class, to learn from and to keep one aside for each split


@dataclass(frozen=True, slots=True)
class Member:
    """An item to be put into a split.

    ``contents`` are digests: items that share one are copies of each other. ``unit`` is what must
    not be torn apart, its speaker or tag; empty where a file stands for itself. ``stratum`` is what
    each split gets its share of, its class.
    """

    contents: tuple[bytes, ...]
    frames: int
    unit: str = ""
    stratum: str = ""
    predict: bool = False


@dataclass(frozen=True)
class Shares:
    """How much is kept aside, of 1, and by which seed."""

    validation: float
    test: float
    seed: int = 0


def assign(members: Sequence[Member], shares: Shares) -> list[Split]:
    """The split of every member.

    Where groups are of speakers or of one tag, a class is a stratum if three or more are of it
    alone; all others are one stratum. Of each stratum at least one group goes to each split that
    has a share, as long as one is left to learn from; more go while that brings the split nearer to
    its share of the frames.

    Raises:
        ConfigError: ``TOO_FEW``, there are not enough groups to keep one aside.
    """
    listening = _copies_of_predicted(members)
    learners = [n for n in range(len(members)) if n not in listening]
    splits: list[Split] = ["predict"] * len(members)
    for stratum in _strata([members[n] for n in learners], shares.seed):
        for group, split in _dealt(stratum, shares):
            for place in group.places:
                splits[learners[place]] = split
    _check_enough(splits, shares)
    return splits


def cut_in_time(parts: Sequence[Part], shares: Shares) -> list[tuple[Split, Part]]:
    """The parts of one file by split: its beginning to learn from, then validation, then test."""
    total = sum(part.stop - part.start for part in parts)
    first = round(total * (1.0 - shares.validation - shares.test))
    second = round(total * (1.0 - shares.test))
    spans: list[tuple[Split, int, int]] = [
        ("train", 0, first), ("validation", first, second), ("test", second, total)
    ]  # fmt: skip
    cut: list[tuple[Split, Part]] = []
    for part in parts:
        for split, low, high in spans:
            start, stop = max(part.start, low), min(part.stop, high)
            if start < stop:
                source_start = part.source_start + start - part.start
                cut.append((split, Part(start, stop, source_start)))
    return cut


@dataclass(frozen=True, slots=True)
class _Group:
    """Members that stay together, by their places, in the order in which groups are dealt."""

    rank: bytes
    places: tuple[int, ...]
    frames: int
    stratum: str
    is_unit: bool


def _copies_of_predicted(members: Sequence[Member]) -> set[int]:
    """The files to listen to and every copy of them, so that no model has learnt one of them."""
    families = _joined([member.contents for member in members])
    return {n for family in families if any(members[n].predict for n in family) for n in family}


def _strata(members: Sequence[Member], seed: int) -> list[list[_Group]]:
    keys = [(*m.contents, *([f"unit {m.unit}".encode()] if m.unit else [])) for m in members]
    groups = [_group([members[n] for n in places], places, seed) for places in _joined(keys)]
    units = Counter(group.stratum for group in groups if group.is_unit)
    strata: dict[str, list[_Group]] = defaultdict(list)
    for group in groups:
        has_few = group.is_unit and units[group.stratum] < _ENOUGH
        strata["" if has_few else group.stratum].append(group)
    return [sorted(strata[name], key=lambda group: group.rank) for name in sorted(strata)]


def _group(members: Sequence[Member], places: tuple[int, ...], seed: int) -> _Group:
    name = min(member.unit.encode() or member.contents[0] for member in members)
    rank = hashlib.sha256(b"%d/%s" % (seed, name)).digest()
    is_unit = any(member.unit for member in members)
    classes = {member.stratum for member in members}
    # A speaker or artist of several classes is of none; one of a single class is of that.
    stratum = "" if is_unit and len(classes) > 1 else min(classes)
    return _Group(rank, places, sum(member.frames for member in members), stratum, is_unit)


def _joined(keys: Sequence[tuple[bytes, ...]]) -> list[tuple[int, ...]]:
    """The places of what shares a key, directly or through others."""
    parents = list(range(len(keys)))

    def root(place: int) -> int:
        while parents[place] != place:
            parents[place] = parents[parents[place]]
            place = parents[place]
        return place

    first: dict[bytes, int] = {}
    for place, own in enumerate(keys):
        for key in own:
            parents[root(place)] = root(first.setdefault(key, place))
    together: dict[int, list[int]] = defaultdict(list)
    for place in range(len(keys)):
        together[root(place)].append(place)
    return [tuple(places) for places in together.values()]


def _dealt(groups: Sequence[_Group], shares: Shares) -> list[tuple[_Group, Split]]:
    left, total = list(groups), sum(group.frames for group in groups)
    dealt: list[tuple[_Group, Split]] = []
    asides: tuple[tuple[Split, float], ...] = (
        ("validation", shares.validation), ("test", shares.test)
    )  # fmt: skip
    for split, share in asides:
        taken = _taken(left[:-1] if len(left) > 1 else [], share * total)
        dealt += [(group, split) for group in taken]
        gone = {group.places for group in taken}
        left = [group for group in left if group.places not in gone]
    return dealt + [(group, "train") for group in left]


def _taken(groups: Sequence[_Group], wanted: float) -> list[_Group]:
    """Groups in their order, each that brings the sum nearer to what is wanted."""
    if wanted <= 0.0 or not groups:
        return []
    taken: list[_Group] = []
    have = 0
    for group in groups:
        if have + group.frames / 2 <= wanted:
            taken.append(group)
            have += group.frames
    return taken or [min(groups, key=lambda group: group.frames)]


def _check_enough(splits: Sequence[Split], shares: Shares) -> None:
    for split, share in (("validation", shares.validation), ("test", shares.test)):
        if share > 0.0 and split not in splits:
            raise ConfigError(
                "TOO_FEW", f"There are too few sounds that stand apart to keep one for {split}.",
                f"Add sounds, split by span, or ask for --{split} 0.",
            )  # fmt: skip
