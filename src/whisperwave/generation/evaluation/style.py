"""The style evaluation: every style, five seeds, ten seconds each; every performer and judge."""

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from whisperwave import __version__
from whisperwave.generation.evaluation.heldout import sounds_for
from whisperwave.generation.evaluation.judges import Opinion, judges
from whisperwave.generation.evaluation.likelihood import SCORED_SECONDS, likelihood
from whisperwave.generation.evaluation.memory import recall, training_material
from whisperwave.generation.evaluation.performers import performers
from whisperwave.generation.evaluation.protocol import (
    SECONDS,
    SEEDS,
    Subject,
    check_known,
    subjects,
    subjects_of_set,
)
from whisperwave.generation.evaluation.score import Verdict, score
from whisperwave.generation.instrument import Instrument, ready
from whisperwave.library import Library
from whisperwave.runtimes import Sampling
from whisperwave.starter import DEFAULT_MODEL

Floats = NDArray[np.float32]
T = TypeVar("T")
Progress = Callable[[float, float], None]


@dataclass(frozen=True)
class StyleEvaluation:
    """What to evaluate: a model, its sampling, and where its training material lies, if at all.

    The styles are those of the starter library, or the classes of ``data``, a folder of sounds or a
    prepared set. Every performance lasts ``seconds``; ``scored_seconds`` of every held-out clip are
    foretold.
    """

    model: str = DEFAULT_MODEL
    seeds: tuple[int, ...] = SEEDS
    sampling: Sampling = field(default_factory=Sampling)
    training: Path | None = None
    data: Path | None = None
    backend: str = "native"
    precision: str = "auto"
    seconds: float = SECONDS
    scored_seconds: float = SCORED_SECONDS


def evaluate_style(
    request: StyleEvaluation, library: Library, progress: Progress = lambda _done, _total: None
) -> dict[str, Any]:
    """Run the protocol; the result is JSON-ready and complete with its seeds and clips.

    ``top1`` and ``per_style`` are the model's, by the texture judge; everything else has its place
    under ``performers``, ``bits_per_sample`` and ``largest_correlation``. Sounds are compared in
    one channel; two are mixed, and the bits of a model of two are told by `evaluate_held_out`.

    Raises:
        ConfigError: ``DATA_NEEDED``, the model was trained on classes that the library has not.
        WhisperwaveError: of the kind that fits.
    """
    started = time.perf_counter()
    instrument = ready(request.model, request.backend, precision=request.precision)
    if request.data is None:
        material = subjects(library, instrument.sample_rate)
    else:
        material = subjects_of_set(sounds_for(request.data, instrument.file))
    check_known(instrument.file, material)
    performances = _perform(request, instrument, material, progress)
    judged = _scores(performances)
    main = judged["model"]["texture"]
    return {
        "top1": main["top1"],
        "top1_interval": main["top1_interval"],
        "per_style": main["per_style"],
        "protocol": _protocol(request, instrument, material),
        "performers": judged,
        "bits_per_sample": _likelihood(request, instrument, material),
        "largest_correlation": _memory(request, instrument, material, performances),
        "elapsed_seconds": round(time.perf_counter() - started, 1),
    }


def _likelihood(
    request: StyleEvaluation, instrument: Instrument, material: Sequence[Subject]
) -> dict[str, Any] | None:
    """None for a model of two channels: clips are in one here, and it foretells both."""
    if instrument.file.signature.outputs[0].channels > 1:
        return None
    return likelihood(instrument, material, request.scored_seconds)


@dataclass(frozen=True)
class Performance:
    """One performer's sound ``[T]`` for one style and seed, and what each judge makes of it."""

    performer: str
    style: str
    seed: int
    audio: Floats
    opinions: dict[str, Opinion]


def _perform(
    request: StyleEvaluation,
    instrument: Instrument,
    material: Sequence[Subject],
    progress: Progress,
) -> list[Performance]:
    """Every performer of every style and seed; a style and seed to each processor at a time."""
    panel = judges(material, instrument.sample_rate)

    def perform(subject: Subject, seed: int) -> list[Performance]:
        cast = performers(instrument, request.sampling, request.seconds)
        sounds = {name: performer(subject, seed) for name, performer in cast.items()}
        return [
            Performance(name, subject.style, seed, audio, {m: j(audio) for m, j in panel.items()})
            for name, audio in sounds.items()
        ]

    programme = list(product(material, request.seeds))
    performances: list[Performance] = []
    for done, heard in enumerate(_side_by_side(perform, programme), start=1):
        performances += heard
        progress(done, len(programme))
    return performances


def _side_by_side(work: Callable[..., T], arguments: Sequence[tuple[Any, ...]]) -> Iterator[T]:
    """The results in the order of the arguments; nearly all the work is done outside Python."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(lambda each: work(*each), arguments)


def _scores(performances: Sequence[Performance]) -> dict[str, dict[str, Any]]:
    """The score of every performer by every judge."""
    verdicts: dict[str, dict[str, list[Verdict]]] = defaultdict(lambda: defaultdict(list))
    for each in performances:
        for measure, opinion in each.opinions.items():
            verdict = Verdict(each.style, each.seed, opinion)
            verdicts[each.performer][measure].append(verdict)
    return {
        name: {measure: score(found) for measure, found in by_measure.items()}
        for name, by_measure in verdicts.items()
    }


def _memory(
    request: StyleEvaluation,
    instrument: Instrument,
    material: Sequence[Subject],
    performances: Sequence[Performance],
) -> dict[str, Any] | None:
    """Per style, the largest correlation with the training material and with the picks.

    Of the model, and of the held-out clips, which show what is usual. None without a folder.
    """
    if request.training is None:
        return None
    folder, rate = request.training, instrument.sample_rate

    def recalled(subject: Subject) -> dict[str, float]:
        heard = training_material(folder, subject.style, rate)
        made = [p.audio for p in performances if (p.performer, p.style) == ("model", subject.style)]
        real = [each.audio for each in subject.held_out]
        picked = np.concatenate([each.audio for each in subject.picked])
        return {
            "model": recall(made, heard, rate),
            "held_out": recall(real, heard, rate),
            "model_with_picks": recall(made, picked, rate),
            "held_out_with_picks": recall(real, picked, rate),
        }

    rows = _side_by_side(recalled, [(subject,) for subject in material])
    per_style = {subject.style: row for subject, row in zip(material, rows, strict=True)}
    names = next(iter(per_style.values()))
    largest = {name: max(row[name] for row in per_style.values()) for name in names}
    return largest | {"per_style": per_style}


def _protocol(
    request: StyleEvaluation, instrument: Instrument, material: Sequence[Subject]
) -> dict[str, Any]:
    return {
        "version": __version__,
        "model": instrument.name,
        "digest": instrument.digest,
        "precision": instrument.runtime.precision,
        "isa": instrument.runtime.isa,
        "sample_rate": instrument.sample_rate,
        "temperature": request.sampling.temperature,
        "top_k": request.sampling.top_k,
        "top_p": request.sampling.top_p,
        "seeds": list(request.seeds),
        "seconds": request.seconds,
        "picked": {s.style: [each.pick.number for each in s.picked] for s in material},
        "held_out": {s.style: [each.pick.number for each in s.held_out] for s in material},
    }
