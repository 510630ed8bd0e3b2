"""From a recipe to a prepared set: every file taken once, dealt into splits, written whole."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from whisperwave.datasets import featuring
from whisperwave.datasets.cache import Cache
from whisperwave.datasets.prepared import PreparedSet, is_prepared, read_prepared
from whisperwave.datasets.recipe import Recipe
from whisperwave.datasets.searching import Found, search
from whisperwave.datasets.splitting import Member, Shares, assign
from whisperwave.datasets.taking import Entry, Taker
from whisperwave.datasets.writing import Item, SetWriter
from whisperwave.errors import AudioError, ConfigError, OutputError, WhisperwaveError
from whisperwave.library import durable
from whisperwave.workers import Needs, Processes, Workers

Progress = Callable[[float, float], None]
SKIPPED = frozenset({"SILENT", "DUPLICATE"})  # left out rightly: nothing is wrong with them

_TOGETHER = 2  # files that are handed out at once, so that small ones cost no wait


@dataclass(frozen=True)
class Job:
    """What is asked for.

    Attributes:
        recipe: how.
        output: the folder of the set.
        workers: who takes the files.
        cache: where work that is done is kept; None is beside the set, until it is whole.
        replace: an older set may be there.
    """

    recipe: Recipe
    output: Path
    workers: Workers = field(default_factory=Processes)
    cache: Path | None = None
    replace: bool = False


@dataclass(frozen=True)
class Left:
    """A file that was left out: its name in the set, and why."""

    name: str
    error: WhisperwaveError


@dataclass(frozen=True)
class Outcome:
    """The set, and what is not in it."""

    prepared: PreparedSet
    left: tuple[Left, ...] = field(default=())

    @property
    def failed(self) -> int:
        """How many files have something wrong with them."""
        return sum(each.error.code not in SKIPPED for each in self.left)

    @property
    def counts(self) -> dict[str, int]:
        """How many files were left out, by the code of the reason."""
        return dict(sorted(Counter(each.error.code for each in self.left).items()))


def prepare(job: Job, progress: Progress = lambda _done, _total: None) -> Outcome:
    """Make a prepared set; started again after a kill, it goes on where it was.

    Args:
        job: what is asked for.
        progress: told how many files are done, and of how many.

    Raises:
        AudioError: ``NO_SOUNDS``, nothing could be read.
        ConfigError: ``TOO_FEW``, ``NO_SPEAKER``, or a feature that there is none of.
        OutputError: ``EXISTS``, or the set cannot be written there.
        WorkerError: those who take the files cannot go on.
    """
    _check_place(job)
    featuring.check(job.recipe)
    durable.sweep(job.output.parent)
    cache = Cache(job.cache or job.output.with_name(f".{job.output.name}.cache"))
    cache.sweep()
    left: list[Left] = []
    found = search(job.recipe, lambda path, error: left.append(Left(path.as_posix(), error)))
    items = list(_taken(job, cache, found, left, progress))
    if not items:
        raise AudioError(
            "NO_SOUNDS", f"None of {len(left)} files can be used: {_reasons(left)}.",
            "See `whisperwave prepare --json` for each one's reason.",
        )  # fmt: skip
    items = _dealt(items, job.recipe, left)
    with durable.replacing_folder(job.output) as folder:
        reasons = [(one.name, one.error.code) for one in left]
        SetWriter(folder, job.recipe, cache, items).write(reasons)
    if job.cache is None:
        shutil.rmtree(cache.folder, ignore_errors=True)
    return Outcome(read_prepared(job.output), tuple(left))


def _check_place(job: Job) -> None:
    if job.output.exists() and not (job.replace and is_prepared(job.output)):
        raise OutputError(
            "EXISTS", f"{str(job.output)!r} exists already.",
            "Choose another name, or say --replace for a set that may go.",
        )  # fmt: skip
    if not job.output.parent.is_dir():
        raise OutputError(
            "NO_SUCH_FOLDER", f"{str(job.output.parent)!r} is not a folder.", "Make it first."
        )


def _taken(
    job: Job, cache: Cache, found: Sequence[Found], left: list[Left], progress: Progress
) -> Iterator[Item]:
    """Every file that could be taken, in the order of the search."""
    taker = Taker(job.recipe, cache)
    results = job.workers.do(taker, found, cache.folder, _needs, _TOGETHER)
    for done, (each, result) in enumerate(zip(found, results, strict=True), start=1):
        if isinstance(result, Entry):
            yield Item(each, result.key, _member(each, result, job.recipe))
        else:
            left.append(Left(each.name, result))
        progress(done, len(found))


def _needs(found: Found) -> Needs:
    return Needs(reads=(found.path,))


def _member(found: Found, entry: Entry, recipe: Recipe) -> Member:
    """What decides about an item's split."""
    unit = found.speaker if recipe.split_by == "speaker" else ""
    if recipe.split_by.startswith("tag:"):
        unit = found.tags.get(recipe.split_by.removeprefix("tag:"), "")
    digests = entry.taken.sha256, entry.taken.frames_sha256
    contents = tuple(bytes.fromhex(digest) for digest in digests)
    return Member(contents, entry.taken.frames, unit, found.class_name, found.predict)


def _dealt(items: list[Item], recipe: Recipe, left: list[Left]) -> list[Item]:
    """The items with their splits; in time, each is cut later, and here only checked."""
    shares = Shares(recipe.validation, recipe.test, recipe.seed)
    if recipe.split_by == "span":
        return list(_once(items, left))
    if recipe.split_by != "file":
        _check_units(items, recipe)
    splits = assign([item.member for item in items], shares)
    return [item.in_split(split) for item, split in zip(items, splits, strict=True)]


def _once(items: Sequence[Item], left: list[Left]) -> Iterator[Item]:
    """Items, without those whose cut would lie elsewhere than that of a copy of theirs."""
    first: dict[bytes, Item] = {}
    for item in sorted(items, key=lambda item: not item.found.predict):
        for content in item.member.contents:
            first.setdefault(content, item)
    for item in items:
        copies = [first[content] for content in item.member.contents]
        if all(_is_cut_alike(item, copy) for copy in copies):
            yield item
        else:
            other = next(copy for copy in copies if copy is not item)
            left.append(Left(item.found.name, _duplicate(other)))


def _is_cut_alike(item: Item, copy: Item) -> bool:
    same = item.member.contents[1] == copy.member.contents[1]
    return same and item.found.predict == copy.found.predict


def _duplicate(other: Item) -> AudioError:
    return AudioError(
        "DUPLICATE", f"It is {other.found.name!r} again, in another form.",
        "Cut in time, the test part of one would lie in the training part of the other.",
    )  # fmt: skip


def _check_units(items: Sequence[Item], recipe: Recipe) -> None:
    without = [i.found.name for i in items if not i.member.unit and not i.found.predict]
    if without:
        raise ConfigError(
            "NO_SPEAKER" if recipe.split_by == "speaker" else "NO_TAG",
            f"{len(without)} of {len(items)} files have no {recipe.split_by.removeprefix('tag:')}, "
            f"{without[0]!r} for one.",
            "Say where it stands (speaker_from in a recipe), or split by file.",
        )


def _reasons(left: Sequence[Left]) -> str:
    counts = Counter(each.error.code for each in left)
    return ", ".join(f"{count} {code}" for code, count in sorted(counts.items()))
