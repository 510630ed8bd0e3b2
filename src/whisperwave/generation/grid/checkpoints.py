"""The columns of a grid: checkpoints of runs, and models by name or by file."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from whisperwave.errors import ConfigError
from whisperwave.generation.shipped import find_model, newest_of_name
from whisperwave.reports.histories.history import VALIDATION
from whisperwave.reports.histories.reading import read_history

ALL, BEST, LAST = "all", "best", "last"

_SUFFIX = ".safetensors"
_FINAL = "final"


@dataclass(frozen=True)
class Checkpoint:
    """A model file, the name it has in the grid, and the step of its run; None for a lone model."""

    name: str
    path: Path
    step: int | None = None


def find_checkpoints(sources: Sequence[str], wanted: Sequence[str]) -> tuple[Checkpoint, ...]:
    """The checkpoints of several runs and models, each run's in the order of their steps.

    Args:
        sources: run folders of training, shipped models' names, model files.
        wanted: of each run ``all``, the ``best`` by its loss on held-out sound, the ``last``, or
            steps by their numbers; a lone model is always taken.

    Raises:
        ConfigError: ``NO_SUCH_CHECKPOINT`` or ``NO_VALIDATION``.
        ModelFileError: a source is neither a run nor a model.
    """
    found: list[Checkpoint] = []
    for source in sources:
        run = newest_of_name(Path(source))
        kept = _kept(run)
        chosen = _chosen(run, kept, wanted) if kept else [_lone(source)]
        several = len(sources) > 1 and bool(kept)
        name = run.resolve().name
        found += [replace(c, name=f"{name} {c.name}") if several else c for c in chosen]
    return tuple(_told_apart(found))


def _told_apart(found: Sequence[Checkpoint]) -> list[Checkpoint]:
    """Each once, under a name of its own: that of its folder in front where several are alike."""
    once = list({each.path.resolve(): each for each in found}.values())
    names = Counter(each.name for each in once)
    apart = [
        each
        if names[each.name] == 1
        else replace(each, name=f"{each.path.resolve().parent.name} {each.name}")
        for each in once
    ]
    still = Counter(each.name for each in apart)
    return [
        each if still[each.name] == 1 else replace(each, name=f"{each.name} {number}")
        for number, each in enumerate(apart, start=1)
    ]


def _lone(source: str) -> Checkpoint:
    path = find_model(source)
    return Checkpoint(path.stem if path.parent == Path(source).parent else Path(source).name, path)


def _kept(run: Path) -> list[Checkpoint]:
    """What is in a run's folder, by step, and its model file at the end; empty for no run."""
    if not run.is_dir():
        return []
    by_step = {_step(path.stem): path for path in run.glob(f"snapshots/step-*{_SUFFIX}")}
    by_step |= {_step(p.parent.name): p for p in run.glob(f"checkpoints/step-*/*{_SUFFIX}")}
    steps = [Checkpoint(f"step {step}", by_step[step], step) for step in sorted(by_step)]
    final = [Checkpoint(_FINAL, path) for path in sorted(run.glob(f"*{_SUFFIX}"))]
    return [*steps, *final] if steps else []


def _chosen(run: Path, kept: Sequence[Checkpoint], wanted: Sequence[str]) -> list[Checkpoint]:
    """Those that are wanted, in the order of the run."""
    chosen: list[Checkpoint] = []
    for word in wanted:
        if word == ALL:
            chosen += kept
        elif word == LAST:
            chosen.append(kept[-1])
        elif word == BEST:
            chosen.append(_best(run, kept))
        else:
            chosen.append(_of_step(run, kept, word))
    return [each for each in kept if each in chosen]


def _best(run: Path, kept: Sequence[Checkpoint]) -> Checkpoint:
    """Of the steps with a checkpoint, the one whose loss on held-out sound was lowest."""
    seen = read_history([run]).of(VALIDATION).finite
    losses = dict(zip(seen.steps.tolist(), seen.values.tolist(), strict=True))
    judged = [each for each in kept if each.step in losses]
    if not judged:
        raise ConfigError(
            "NO_VALIDATION",
            f"the log of {str(run)!r} has a loss on held-out sound for no step with a checkpoint.",
            f"Name the steps: {_steps_of(kept)}.",
        )
    return min(judged, key=lambda each: losses[each.step or 0])


def _of_step(run: Path, kept: Sequence[Checkpoint], word: str) -> Checkpoint:
    for each in kept:
        if word.isascii() and word.isdigit() and each.step == int(word):
            return each
    raise ConfigError(
        "NO_SUCH_CHECKPOINT",
        f"{str(run)!r} has no checkpoint {word!r}.",
        f"Use {ALL}, {BEST}, {LAST}, or some of {_steps_of(kept)}.",
    )


def _steps_of(kept: Sequence[Checkpoint]) -> str:
    return ", ".join(str(each.step) for each in kept if each.step is not None)


def _step(name: str) -> int:
    digits = name.partition("-")[2]
    return int(digits) if digits.isascii() and digits.isdigit() else 0
