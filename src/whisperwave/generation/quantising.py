"""Quantising: calibrate a model on real streams, and write into its file what each precision costs.

The weights stay as they are, in float32; a runtime rounds them as it loads them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from whisperwave import modelfile, runtimes
from whisperwave.errors import AudioError, ConfigError, OutputError
from whisperwave.generation.evaluation.foretelling import Samples, bits_of, tokens_of
from whisperwave.generation.evaluation.protocol import excerpt, subjects
from whisperwave.generation.instrument import check_features
from whisperwave.generation.material import Material, gather
from whisperwave.generation.outline import outline_of
from whisperwave.generation.picks import Picks
from whisperwave.generation.rendering import render
from whisperwave.generation.shipped import find_model, shipped_models
from whisperwave.generation.style import style_of_picks
from whisperwave.library import Library
from whisperwave.modelfile import Cost, ModelFile
from whisperwave.runtimes import Guide, Runtime, Sampling
from whisperwave.runtimes.backends import native
from whisperwave.runtimes.calibration import calibrate

Floats = NDArray[np.float32]
Progress = Callable[[float, float], None]
Stream = tuple[Samples, Guide]
"""What a model hears, and what it is told meanwhile."""

SECONDS = 2.0  # of each clip, after a receptive field of context
HEAD_ROOM = 2.0  # what the exam allows, as a multiple of the error that was measured


@dataclass(frozen=True)
class Quantisation:
    """What to quantise, on which clips, into which file.

    Of the ``picks`` the first, third, fifth … calibrate, the others say what it cost; None takes
    the starter library. ``output`` None replaces the model's own file.
    """

    model: str | Path
    output: Path | None = None
    picks: Picks | None = None
    seconds: float = SECONDS


@dataclass(frozen=True)
class Quantised:
    """The file that was written, its digest, and the model in it."""

    output: Path
    digest: str
    file: ModelFile


def quantise(
    request: Quantisation, library: Library, progress: Progress = lambda _done, _total: None
) -> Quantised:
    """Calibrate, measure, and write the model file whole or not at all.

    Raises:
        ModelFileError: the model is unknown, damaged or hostile.
        EngineError: it fails its exam as it is, or no runtime here plays it.
        ConfigError: ``TWO_CLIPS_NEEDED``; ``SHIPPED_MODEL``, without an output.
        WhisperwaveError: a clip or the output is not what it should be.
    """
    path = find_model(request.model)
    output = _output(request, path)
    file = modelfile.read(path)
    check_features(file)
    plain = runtimes.load(file)
    runtimes.sit_exam(file, plain)
    calibrating, scored = _clips(request, library, file)
    steps = _Steps(2 * len(calibrating) + len(modelfile.PRECISIONS) * len(scored), progress)
    streams = _streams(plain, file, calibrating, request.seconds, steps)
    calibrated = replace(file, calibration=calibrate(file, streams))
    scoring = [_foretold(plain, file, clip, request.seconds) for clip in scored]
    quantised = _measured(calibrated, plain, scoring, steps)
    return Quantised(output, modelfile.write(output, quantised), quantised)


class _Steps:
    """Counts what is done and tells it."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._done, self._total, self._progress = count(1), total, progress

    def one_more(self) -> None:
        self._progress(next(self._done), self._total)


def _output(request: Quantisation, path: Path) -> Path:
    if request.output is None and str(request.model) in shipped_models():
        raise ConfigError(
            "SHIPPED_MODEL",
            f"{request.model} is a shipped model, which stays as it is.",
            "Name another file with --output.",
        )
    output = request.output or path
    if output.is_dir() or not output.parent.is_dir():
        raise OutputError(
            "NO_SUCH_FOLDER",
            f"{str(output)!r} is a folder, or in none that there is.",
            "Give the name of a file in a folder that exists.",
        )
    return output


def _clips(
    request: Quantisation, library: Library, file: ModelFile
) -> tuple[list[Material], list[Material]]:
    """Clips to calibrate on, and others to measure by."""
    rate = file.signature.sample_rate
    if request.picks is None:
        starters = subjects(library, rate)
        calibrating = [each for subject in starters for each in subject.picked]
        return calibrating, [each for subject in starters for each in subject.held_out]
    if len(request.picks) < 2:
        raise ConfigError(
            "TWO_CLIPS_NEEDED",
            "one clip cannot both calibrate and show what it cost.",
            "Pick two or more, or leave them out for the starter library.",
        )
    materials = gather(library, request.picks, rate)
    return list(materials[::2]), list(materials[1::2])


def _streams(
    plain: Runtime, file: ModelFile, clips: Sequence[Material], seconds: float, steps: _Steps
) -> Iterator[Stream]:
    """Each clip as the model hears it, then what the model itself plays by the same guide."""
    rate = plain.signature.sample_rate
    for seed, clip in enumerate(clips):
        heard, guide = _foretold(plain, file, clip, seconds)
        yield heard, guide
        steps.one_more()
        samples = min(round(seconds * rate), len(heard))  # the guide ends with the clip
        played = render(plain.session(guide, Sampling(), seed), samples, rate).audio
        yield tokens_of(plain.signature, played, guide.predictors), guide
        steps.one_more()


def _foretold(plain: Runtime, file: ModelFile, clip: Material, seconds: float) -> Stream:
    """A clip as the model hears it, told the clip's own style and outline."""
    signature = file.signature
    context = signature.receptive_field / signature.sample_rate
    audio = excerpt(clip.audio, signature.sample_rate, seconds + context)
    style = style_of_picks([clip], file)
    guide = plain.guide(style)
    if signature.port("control"):
        outline = outline_of(audio, signature)
        guide = plain.guide(style, outline.mel, outline.predicting)
    if len(audio) <= signature.receptive_field:
        raise AudioError(
            "AUDIO_TOO_SHORT",
            f"clip {clip.pick.number} has {len(audio)} samples, no more than the "
            f"{signature.receptive_field} that the model looks back on.",
            "Pick longer clips.",
        )
    return tokens_of(signature, audio, guide.predictors), guide


def _measured(
    file: ModelFile, plain: Runtime, streams: Sequence[Stream], steps: _Steps
) -> ModelFile:
    """The calibrated ``file``, offering every precision with its cost and its exam's tolerance."""
    before = _bits(plain, streams, steps)
    samples = sum(len(heard) - file.signature.receptive_field for heard, _ in streams)
    costs, tolerances = {}, dict(file.exam.tolerances)
    for precision in modelfile.PRECISIONS[1:]:
        runtime = cast("Runtime", native.load(file, precision=precision))
        costs[precision] = Cost(before, _bits(runtime, streams, steps), len(streams), samples)
        errors = modelfile.deviations(file, runtime.answers(file.exam.inputs))
        tolerances[precision] = min(1.0, float(f"{HEAD_ROOM * max(errors.values()):.1e}"))
    return replace(file, precisions=costs, exam=replace(file.exam, tolerances=tolerances))


def _bits(runtime: Runtime, streams: Sequence[Stream], steps: _Steps) -> float:
    """Bits per sample, in the mean over the streams."""
    found = []
    for heard, guide in streams:
        found.append(bits_of(runtime, heard, guide))
        steps.one_more()
    return float(np.mean(found))
