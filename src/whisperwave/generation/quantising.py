"""Quantising: calibrate a model on real streams, and write into its file what each precision costs.

The weights stay as they are, in float32; a runtime rounds them as it loads them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from whisperwave import modelfile, runtimes
from whisperwave.datasets import Excerpt, Sounds
from whisperwave.errors import AudioError, ConfigError, OutputError
from whisperwave.generation.evaluation.foretelling import Samples, bits_of, tokens_of
from whisperwave.generation.evaluation.heldout import check_channels, middle_of, sounds_for
from whisperwave.generation.evaluation.protocol import check_known, chosen, excerpt, subjects
from whisperwave.generation.instrument import check_features
from whisperwave.generation.material import Material, gather
from whisperwave.generation.outline import outline_of
from whisperwave.generation.picks import Picks
from whisperwave.generation.rendering import render
from whisperwave.generation.retelling import guide_along
from whisperwave.generation.shipped import find_model, shipped_models
from whisperwave.generation.style import style_of_picks
from whisperwave.library import Library
from whisperwave.modelfile import Cost, ModelFile
from whisperwave.runtimes import Guide, Runtime, Sampling
from whisperwave.runtimes.backends import native
from whisperwave.runtimes.calibration import NORMS, calibrations

Floats = NDArray[np.float32]
Progress = Callable[[float, float], None]
Stream = tuple[Samples, Guide]
"""What a model hears, and what it is told meanwhile."""

SECONDS = 2.0  # of each clip, after a receptive field of context
EXCERPTS = 24  # of a data set to calibrate on, and as many to measure by
HEAD_ROOM = 2.0  # what the exam allows, as a multiple of the error that was measured


@dataclass(frozen=True)
class Quantisation:
    """What to quantise, on which clips, into which file.

    Of the ``picks`` the first, third, fifth … calibrate, the others say what it cost; None takes
    the starter library. ``data``, a folder of sounds or a prepared set, takes the place of clips:
    what trains calibrates, what is held out says what it cost. ``output`` None replaces the model's
    own file.
    """

    model: str | Path
    output: Path | None = None
    picks: Picks | None = None
    data: Path | None = None
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
        ConfigError: ``DATA_NEEDED``; ``TWO_CLIPS_NEEDED``, or as many excerpts of a data set;
            ``SHIPPED_MODEL``, without an output.
        WhisperwaveError: a clip or the output is not what it should be.
    """
    path = find_model(request.model)
    output = _output(request, path)
    file = modelfile.read(path)
    check_features(file)
    plain = runtimes.load(file)
    runtimes.sit_exam(file, plain)
    if request.data is None:
        clips = _clips(request, library, file)
        heard = [[_foretold(plain, file, clip, request.seconds) for clip in part] for part in clips]
    else:
        heard = [_excerpts(plain, file, part, request) for part in _parts(request.data, file)]
    calibrating, scoring = heard
    tried, measured = 2 + len(NORMS), len(modelfile.PRECISIONS)
    steps = _Steps(tried * len(calibrating) + measured * len(scoring), progress)
    streams = _streams(plain, calibrating, request.seconds, steps)
    calibrated = _least_bits(file, calibrations(file, streams), calibrating, steps)
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
        check_known(file, starters)
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


def _parts(data: Path, file: ModelFile) -> tuple[tuple[Sounds, Sequence[Excerpt]], ...]:
    """What a data set has to calibrate on, and what to measure by."""
    sounds = sounds_for(data, file)
    check_channels(sounds, file.signature, data)
    parts = sounds.of("train"), [*sounds.of("validation"), *sounds.of("test")]
    if not all(parts):
        raise ConfigError(
            "TWO_CLIPS_NEEDED",
            f"{str(data)!r} has {len(parts[0])} excerpts to calibrate on and {len(parts[1])} kept "
            "aside to show what it cost.",
            "Give sounds that have both.",
        )
    return tuple((sounds, part) for part in parts)


def _excerpts(
    plain: Runtime, file: ModelFile, part: tuple[Sounds, Sequence[Excerpt]], request: Quantisation
) -> list[Stream]:
    """Excerpts of a data set as the model hears them, each told its own class or style."""
    sounds, excerpts = part
    signature, streams = file.signature, []
    for one in chosen(excerpts, EXCERPTS):
        audio = middle_of(signature, sounds, one, request.seconds)
        if audio.shape[-1] > signature.receptive_field:
            guide = guide_along(plain, file, audio, one.group)
            streams.append((tokens_of(signature, audio, guide.predictors), guide))
    if not streams:
        raise AudioError(
            "AUDIO_TOO_SHORT",
            f"no excerpt is longer than the {signature.receptive_field} samples that the model "
            "looks back on.",
            "Give longer sounds.",
        )
    return streams


def _streams(
    plain: Runtime, calibrating: Sequence[Stream], seconds: float, steps: _Steps
) -> Iterator[Stream]:
    """Each sound as the model hears it, then what the model itself plays by the same guide."""
    rate = plain.signature.sample_rate
    for seed, (heard, guide) in enumerate(calibrating):
        yield heard, guide
        steps.one_more()
        samples = min(round(seconds * rate), len(heard))  # the guide ends with the sound
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


def _least_bits(
    file: ModelFile,
    found: Sequence[Mapping[str, Floats]],
    calibrating: Sequence[Stream],
    steps: _Steps,
) -> ModelFile:
    """The ``file`` with that calibration which foretells the sounds of calibration best."""

    def bits(candidate: ModelFile) -> float:
        runtime = cast("Runtime", native.load(candidate, precision="int8"))
        return _bits(runtime, calibrating, steps)

    return min((replace(file, calibration=limits) for limits in found), key=bits)


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
