"""Who learns and who tests: splits that cannot leak, the same on every machine.

What belongs together stays together: all files of a speaker or with one tag, where that is asked
for, and always every copy of a sound. Which of these groups is kept aside is decided by a digest of
the seed and of what is in the group, not by its place or by chance.

All of it is done by SQLite, whose memory does not grow with the files.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from whisperwave.datasets.sounds import Split
from whisperwave.datasets.splitting import Shares
from whisperwave.errors import ConfigError

_Team = tuple[int, int]  # its family, and how many frames it has

_ENOUGH = 3  # speakers or artists of one class, to learn from and to keep one aside for each split
_TABLES = """
CREATE TABLE member (  -- a file; its family is the least place of those who stay together
  place INTEGER PRIMARY KEY, ident BLOB NOT NULL, stored BLOB NOT NULL, frames INTEGER NOT NULL,
  unit BLOB NOT NULL, stratum TEXT NOT NULL, predict INTEGER NOT NULL, family INTEGER NOT NULL,
  split TEXT
) STRICT;
CREATE TABLE tie (  -- what a file may share with others: contents, and its unit
  is_unit INTEGER, key BLOB, place INTEGER, PRIMARY KEY (is_unit, key, place)
) STRICT, WITHOUT ROWID;
CREATE VIEW free AS  -- the ties of files without a split
  SELECT is_unit, key, place FROM tie JOIN member USING (place) WHERE split IS NULL;
CREATE TABLE knot (is_unit INTEGER, key BLOB, place INTEGER) STRICT;  -- ties that are shared
CREATE TABLE least (  -- the least family in a knot
  is_unit INTEGER, key BLOB, family INTEGER, PRIMARY KEY (is_unit, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE best (  -- the least family that a file meets in its knots
  place INTEGER PRIMARY KEY, family INTEGER NOT NULL
) STRICT;
CREATE TABLE team (  -- a family, as it is dealt
  family INTEGER PRIMARY KEY, rank BLOB NOT NULL, frames INTEGER NOT NULL, stratum TEXT NOT NULL,
  is_unit INTEGER NOT NULL, split TEXT NOT NULL
) STRICT;
CREATE INDEX team_order ON team (stratum, rank);
CREATE TABLE aside (family INTEGER PRIMARY KEY) STRICT;  -- chosen for a split
CREATE TABLE torn (place INTEGER PRIMARY KEY, copy INTEGER NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Member:
    """A file to be put into a split.

    ``contents`` are digests: files that share one are copies of each other; the last is of what is
    stored. ``unit`` is what must not be torn apart, its speaker or tag; empty where a file stands
    for itself. ``stratum`` is what each split gets its share of, its class.
    """

    contents: tuple[bytes, ...]
    frames: int
    unit: str = ""
    stratum: str = ""
    predict: bool = False


class Dealing:
    """The files of a set, by their places, on the way into their splits.

    Args:
        database: empty of tables of these names; it is for its owner to say how it is kept.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        database.executescript(_TABLES)

    def add(self, place: int, member: Member) -> None:
        """Take a file; places are given once."""
        unit = member.unit.encode("utf-8", "surrogatepass")
        self._database.execute(
            "INSERT INTO member VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)",
            (place, unit or member.contents[0], member.contents[-1], member.frames, unit,
             member.stratum, member.predict, place),
        )  # fmt: skip
        keys = [(0, content, place) for content in member.contents]
        keys += [(1, unit, place)] if unit else []
        self._database.executemany("INSERT OR IGNORE INTO tie VALUES (?, ?, ?)", keys)

    def deal(self, shares: Shares) -> None:
        """Give every file its split.

        Where groups are of speakers or of one tag, a class is a stratum if three or more are of it
        alone; all others are one stratum. Of each stratum at least one group goes to each split
        that has a share, as long as one is left to learn from; more go while that brings the split
        nearer to its share of the frames.

        Raises:
            ConfigError: ``TOO_FEW``, there are not enough groups to keep one aside.
        """
        self._listen()
        self._team_up(shares.seed)
        for stratum, frames in self._strata():
            for split, share in shares.asides:
                self._keep_aside(stratum, split, share * frames)
        self._database.execute(
            "UPDATE member SET split = team.split FROM team"
            " WHERE team.family = member.family AND member.split IS NULL"
        )
        self._check_enough(shares)

    def learn(self) -> None:
        """Let every file be learnt from, but those to listen to: each is cut in time later."""
        self._database.execute(
            "UPDATE member SET split = CASE WHEN predict THEN 'predict' ELSE 'train' END"
        )

    def torn(self) -> Iterator[tuple[int, int]]:
        """Files whose cut in time would lie elsewhere than that of a copy, with the copy's place.

        The copies to compare with are those to listen to, and else the first.
        """
        self._database.execute(
            "INSERT INTO torn SELECT own.place, min(copy.place)"
            " FROM tie JOIN member AS own USING (place)"
            " JOIN (SELECT key,"
            "  coalesce(min(CASE WHEN predict THEN place END), min(place)) AS first"
            "  FROM tie JOIN member USING (place) WHERE NOT is_unit GROUP BY key"
            "  HAVING count(*) > 1) USING (key)"
            " JOIN member AS copy ON copy.place = first"
            " WHERE NOT is_unit AND (own.stored <> copy.stored OR own.predict <> copy.predict)"
            " GROUP BY own.place"
        )
        yield from self._database.execute("SELECT place, copy FROM torn ORDER BY place")

    def drop_torn(self) -> None:
        """Forget the files that `torn` told of."""
        for statement in ("DELETE FROM member WHERE place IN (SELECT place FROM torn)",
                          "DELETE FROM tie WHERE place IN (SELECT place FROM torn)"):  # fmt: skip
            self._database.execute(statement)

    def without_unit(self) -> tuple[int, int | None]:
        """How many files to learn from or to test with have no unit, and the place of the first."""
        count, first = self._database.execute(
            "SELECT count(*), min(place) FROM member WHERE unit = x'' AND NOT predict"
        ).fetchone()
        return int(count), first

    def splits(self) -> Iterator[Split]:
        """The split of every file, in the order of their places."""
        for (split,) in self._database.execute("SELECT split FROM member ORDER BY place"):
            yield split

    def _listen(self) -> None:
        """Keep the files to listen to and every copy of them, that no model learns one of them."""
        self._join(by_unit=False)
        self._database.execute(
            "UPDATE member SET split = 'predict'"
            " WHERE family IN (SELECT family FROM member WHERE predict)"
        )

    def _join(self, *, by_unit: bool) -> None:
        """Give all who have no split and share a key, directly or through others, one family.

        A family is called by its least place. In each round the least name that one meets is taken
        over by oneself and by the head of one's family, and then all take the name that their head
        has: the longest chain takes few rounds (FastSV: Zhang, Azad and Hu, 2020).
        """
        self._database.execute("UPDATE member SET family = place WHERE split IS NULL")
        self._database.execute("DELETE FROM knot")
        self._database.execute(
            "INSERT INTO knot SELECT * FROM free WHERE is_unit <= ? AND (is_unit, key) IN"
            " (SELECT is_unit, key FROM free GROUP BY is_unit, key HAVING count(*) > 1)",
            (by_unit,),
        )
        while self._meet():
            self._take_over()

    def _meet(self) -> int:
        """Find the least family that each one meets, if it is less than its own; how many did."""
        for statement in (
            "DELETE FROM least",
            "DELETE FROM best",
            "INSERT INTO least SELECT is_unit, key, min(family)"
            " FROM knot JOIN member USING (place) GROUP BY is_unit, key",
        ):
            self._database.execute(statement)
        found = self._database.execute(
            "INSERT INTO best SELECT place, min(least.family) FROM knot"
            " JOIN least USING (is_unit, key) JOIN member USING (place)"
            " WHERE least.family < member.family GROUP BY place"
        )
        return found.rowcount

    def _take_over(self) -> None:
        """Let heads of families, those who met a lesser one, and then all, take it over."""
        for statement in (
            "UPDATE member SET family = low.family FROM"
            " (SELECT head.place, min(best.family) AS family FROM best JOIN member USING (place)"
            "  JOIN member AS head ON head.place = member.family GROUP BY head.place) AS low"
            " WHERE low.place = member.place AND low.family < member.family",
            "UPDATE member SET family = best.family FROM best"
            " WHERE best.place = member.place AND best.family < member.family",
            "UPDATE member SET family = head.family FROM member AS head"
            " WHERE head.place = member.family AND head.family < member.family",
        ):
            self._database.execute(statement)

    def _team_up(self, seed: int) -> None:
        """Make teams of those who stay together, ranked by a digest, each in its stratum.

        A speaker or artist of several classes is of none; one of a single class is of that.
        """
        self._join(by_unit=True)
        self._database.create_function(
            "rank_of", 1, lambda ident: hashlib.sha256(b"%d/%s" % (seed, ident)).digest()
        )
        self._database.execute(
            "INSERT INTO team SELECT family, rank_of(min(ident)), sum(frames),"
            " iif(max(unit) > x'' AND min(stratum) <> max(stratum), '', min(stratum)),"
            " max(unit) > x'', 'train' FROM member WHERE split IS NULL GROUP BY family"
        )
        self._database.execute(
            "UPDATE team SET stratum = '' WHERE is_unit AND stratum IN"
            " (SELECT stratum FROM team WHERE is_unit GROUP BY stratum HAVING count(*) < ?)",
            (_ENOUGH,),
        )

    def _strata(self) -> list[tuple[str, int]]:
        """The names of all strata, and how many frames each has."""
        statement = "SELECT stratum, sum(frames) FROM team GROUP BY stratum"
        return self._database.execute(statement).fetchall()

    def _keep_aside(self, stratum: str, split: Split, wanted: float) -> None:
        """Give a split so many frames of a stratum, but the last team, which is left to learn."""
        if wanted <= 0.0:
            return
        self._database.execute("DELETE FROM aside")
        found = self._database.execute(
            "SELECT family, frames FROM team WHERE stratum = ? AND split = 'train' ORDER BY rank",
            (stratum,),
        )
        self._database.executemany(
            "INSERT INTO aside VALUES (?)", _nearest(_all_but_last(found), wanted)
        )
        self._database.execute(
            "UPDATE team SET split = ? WHERE family IN (SELECT family FROM aside)", (split,)
        )

    def _check_enough(self, shares: Shares) -> None:
        have = {split for (split,) in self._database.execute("SELECT DISTINCT split FROM member")}
        for split, share in shares.asides:
            if share > 0.0 and split not in have:
                raise ConfigError(
                    "TOO_FEW",
                    f"There are too few sounds that stand apart to keep one for {split}.",
                    f"Add sounds, split by span, or ask for --{split} 0.",
                )


def _all_but_last(teams: Iterable[_Team]) -> Iterator[_Team]:
    return (team for team, _ in pairwise(teams))


def _nearest(teams: Iterable[_Team], wanted: float) -> Iterator[tuple[int]]:
    """Those teams, in their order, that each bring the sum of frames nearer to what is wanted.

    Where none does, the shortest.
    """
    have, shortest = 0, None
    for family, frames in teams:
        if have + frames / 2 <= wanted:
            yield (family,)
            have += frames
        if shortest is None or frames < shortest[1]:
            shortest = family, frames
    if have == 0 and shortest is not None:
        yield (shortest[0],)
