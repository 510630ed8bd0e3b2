"""From a recipe to a prepared set: every file taken once, dealt into splits, written whole."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from whisperwave.datasets import featuring
from whisperwave.datasets.cache import Cache
from whisperwave.datasets.dealing import Member
from whisperwave.datasets.ledger import Ledger, ledger_in
from whisperwave.datasets.prepared import PreparedSet, is_prepared, read_prepared
from whisperwave.datasets.recipe import Recipe
from whisperwave.datasets.searching import Found, search
from whisperwave.datasets.splitting import Shares
from whisperwave.datasets.taking import Entry, Taker
from whisperwave.datasets.writing import SetWriter
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
    with ledger_in(cache.folder) as ledger:
        for found in search(job.recipe, lambda path, why: left.append(Left(path.as_posix(), why))):
            ledger.note(found)
        left += _take(job, cache, ledger, progress)
        if not ledger.items:
            raise AudioError(
                "NO_SOUNDS", f"None of {len(left)} files can be used: {_reasons(left)}.",
                "See `whisperwave prepare --json` for each one's reason.",
            )  # fmt: skip
        left += _deal(ledger, job.recipe)
        with durable.replacing_folder(job.output) as folder:
            reasons = [(one.name, one.error.code) for one in left]
            SetWriter(folder, job.recipe, cache, ledger.items).write(reasons)
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


def _take(job: Job, cache: Cache, ledger: Ledger, progress: Progress) -> Iterator[Left]:
    """Take every file that can be taken, in the order of the ledger; those that cannot are told."""
    total = ledger.count
    results = job.workers.do(
        Taker(job.recipe, cache), ledger.files(), cache.folder, _needs, _TOGETHER
    )
    for done, (found, result) in enumerate(zip(ledger.files(), results, strict=True), start=1):
        if isinstance(result, Entry):
            ledger.take(found, result.key, _member(found, result, job.recipe))
        else:
            yield Left(found.name, result)
        progress(done, total)


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


def _deal(ledger: Ledger, recipe: Recipe) -> Iterator[Left]:
    """Give the items their splits; in time, each is cut later, and here only checked."""
    if recipe.split_by == "span":
        for name, copy in ledger.drop_torn():
            yield Left(name, _duplicate(copy))
        ledger.dealing.learn()
        return
    if recipe.split_by != "file":
        _check_units(ledger, recipe)
    ledger.dealing.deal(Shares(recipe.validation, recipe.test, recipe.seed))


def _duplicate(other: str) -> AudioError:
    return AudioError(
        "DUPLICATE", f"It is {other!r} again, in another form.",
        "Cut in time, the test part of one would lie in the training part of the other.",
    )  # fmt: skip


def _check_units(ledger: Ledger, recipe: Recipe) -> None:
    without, first = ledger.dealing.without_unit()
    if first is not None:
        raise ConfigError(
            "NO_SPEAKER" if recipe.split_by == "speaker" else "NO_TAG",
            f"{without} of {len(ledger.items)} files have no "
            f"{recipe.split_by.removeprefix('tag:')}, {ledger.name(first)!r} for one.",
            "Say where it stands (speaker_from in a recipe), or split by file.",
        )


def _reasons(left: Sequence[Left]) -> str:
    counts = Counter(each.error.code for each in left)
    return ", ".join(f"{count} {code}" for code, count in sorted(counts.items()))
