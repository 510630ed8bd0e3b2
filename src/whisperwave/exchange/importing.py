"""Importing: a foreign checkpoint becomes a model file that has proved itself."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from whisperwave import __version__, modelfile, registry, runtimes
from whisperwave.errors import ConfigError
from whisperwave.exchange import cell, codecs, sources
from whisperwave.exchange.foreign.layers import Plain, doubling
from whisperwave.exchange.foreign.questions import Question
from whisperwave.exchange.mapping import Mapped, mapped
from whisperwave.exchange.proof import Proof, proven
from whisperwave.generation.material import clip_audio
from whisperwave.library import Library
from whisperwave.modelfile import Exam, ModelFile
from whisperwave.modelfile.exam import EXAM_STEPS, TOLERANCES, exam_positions
from whisperwave.modelfile.layouts import wavenet
from whisperwave.runtimes.codec import Codec
from whisperwave.shapes import Port, Signature

Floats = NDArray[np.float32]
Progress = Callable[[float, float], None]

USUAL_RATE = 16_000  # of all three projects
AUTO = "auto"
STEPS = 3  # reading, the oracle's exam, the comparison


@dataclass(frozen=True)
class Import:
    """What to import, and what its file does not say.

    Args:
        source: the checkpoint.
        output: the model file to write.
        format: an importer's name, or ``auto``.
        sample_rate: in Hz; None for what the source says, or `USUAL_RATE`.
        licence: of the weights.
        layers_per_block: after how many layers the dilations begin again; None for what the source
            says.
        codec: one of `codecs.NAMES`, or ``auto`` for that of the source's project.
        classes: names of the classes that the network is told; none numbers them.
        told: the one class that it is to be told for good.
        clip: the number of the clip that both sides foretell.
    """

    source: Path
    output: Path
    format: str = AUTO
    sample_rate: int | None = None
    licence: str = "unstated"
    layers_per_block: int | None = None
    codec: str = AUTO
    classes: tuple[str, ...] = ()
    told: int | None = None
    clip: int = 1


@dataclass(frozen=True)
class Imported:
    """The file that was written, and what was found on the way."""

    output: Path
    digest: str
    format: str
    file: ModelFile
    proof: Proof
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Converted:
    """A model that has proved itself, not yet written."""

    model: ModelFile
    proof: Proof
    notes: tuple[str, ...]


def import_model(
    request: Import, library: Library, progress: Progress = lambda _done, _total: None
) -> Imported:
    """Read, map, compare, and write the model file whole or not at all.

    Raises:
        ModelFileError: the source is refused, or what we would play differs from it; the code says
            which.
        ConfigError: an option contradicts the source.
        WhisperwaveError: the clip or the output is not what it should be.
    """
    sources.check_output(request.output)
    importer = sources.importer_of(request.source, request.format)
    files = sources.gathered(registry.find(sources.ROOM, importer), request.source)
    audio_at = partial(clip_audio, library, request.clip)
    made = convert(request, importer, files, audio_at, progress)
    digest = modelfile.write(request.output, made.model)
    modelfile.verify(request.output)
    named = sources.spoken(importer)
    return Imported(request.output, digest, named, made.model, made.proof, made.notes)


def convert(
    request: Import,
    importer: str,
    files: Mapping[str, bytes],
    audio_at: Callable[[int], Floats],
    progress: Progress = lambda _done, _total: None,
) -> Converted:
    """Read, map and compare, and write nothing.

    Args:
        request: what the files do not say.
        importer: the name of one.
        files: their bytes by their names.
        audio_at: a real sound ``[T]``, at the rate that it is given.
        progress: told after each of the three steps that take time.

    Raises:
        WhisperwaveError: as `import_model`.
    """
    with cell.opened(importer, files) as source:
        return _converted(request, importer, source, audio_at, progress)


def _converted(
    request: Import,
    importer: str,
    source: cell.Source,
    audio_at: Callable[[int], Floats],
    progress: Progress,
) -> Converted:
    network = source.network
    progress(1, STEPS)
    dilations = _dilations(network, request.layers_per_block)
    found = mapped(network, dilations, request.told)
    signature = _signature(request, network, found)
    audio = audio_at(signature.sample_rate)
    model = _described(request, importer, network, found, signature)
    asked = _asked(request, network, dilations, signature)

    def foretell(windows: NDArray[np.int32]) -> Floats:
        return source.foretell(replace(asked, windows=windows))

    # Damaged weights can be too large to compute with; what comes of it is refused, not warned of.
    with np.errstate(over="ignore", invalid="ignore"):
        model = replace(model, exam=_exam(model, audio))
        runtimes.sit_exam(model, runtimes.load(model))
        progress(2, STEPS)
        proof = proven(model, audio, network.facts.window, foretell)
    progress(STEPS, STEPS)
    return Converted(model, proof, _notes(network, found))


def _asked(
    request: Import, network: Plain, dilations: tuple[int, ...], signature: Signature
) -> Question:
    """All of the question to the source but its windows; a class is told as the exam tells it."""
    told = request.told if request.told is not None else (0 if network.told else None)
    values = Codec.of(signature).values.astype(np.float64)
    return Question(np.empty((0, 0), np.int32), values, dilations, told)


def _dilations(network: Plain, per_block: int | None) -> tuple[int, ...]:
    """Of each layer, by what the source says, or by what the person says of it."""
    if network.dilations is None and per_block is None:
        raise ConfigError(
            "LAYERS_PER_BLOCK",
            f"the file has {network.layers} layers and does not say how they are dilated.",
            "Say after how many layers the dilations begin again at 1, for example "
            "--layers-per-block 10.",
        )
    known = network.dilations
    told = doubling(network.layers, per_block) if per_block else known
    if known is not None and told != known:
        raise ConfigError(
            "LAYERS_PER_BLOCK",
            f"the source says that its dilations are {list(known)!s:.120}.",
            "Leave --layers-per-block out.",
        )
    assert told is not None  # noqa: S101 # one of the two is known
    return told


def _signature(request: Import, network: Plain, found: Mapped) -> Signature:
    styles = found.config["conditioning_channels"]
    facts = wavenet.facts(found.config)
    name = network.facts.codec if request.codec == AUTO else request.codec
    return Signature(
        kind="autoregressive",
        inputs=(Port("style", styles, 0, "style"),) if styles else (),
        outputs=(Port("audio", 1, 1, "audio"),),
        sample_rate=request.sample_rate or network.facts.sample_rate or USUAL_RATE,
        block_size=1,
        latency=0,
        receptive_field=int(facts["receptive_field"]),
        codec=codecs.codec(name, network.classes),
        head="softmax",
    )


def _described(
    request: Import, importer: str, network: Plain, found: Mapped, signature: Signature
) -> ModelFile:
    styles = {"name": "classes", "classes": _class_names(request, network)}
    return ModelFile(
        family="wavenet",
        config=found.config,
        signature=signature,
        weights=found.weights,
        exam=Exam({}, {}, TOLERANCES),
        features={"style": styles} if signature.port("style") else {},
        provenance={
            "made_by": f"whisperwave {__version__}",
            "imported_from": sources.spoken(importer),
            "layers_of_zeros": found.empty_layers,
        },
        licence=request.licence,
    )


def _class_names(request: Import, network: Plain) -> list[str]:
    names = request.classes or tuple(str(number) for number in range(network.told))
    if len(names) != network.told or len(set(names)) < len(names):
        raise ConfigError(
            "CLASS_NAMES",
            f"{len(request.classes)} names are given for {network.told} classes.",
            "Give each class a name of its own, in the order of their numbers.",
        )
    return list(names)


def _exam(model: ModelFile, audio: Floats) -> Exam:
    """Ask the oracle about real sound, and keep its first and last answers."""
    length = model.signature.receptive_field + EXAM_STEPS
    looped = np.tile(audio, math.ceil(length / len(audio)))[:length]
    inputs = {
        "classes": Codec.of(model.signature).encode(looped, 0.0),
        "positions": exam_positions(length),
    }
    port = model.signature.port("style")
    if port:
        inputs["style"] = np.eye(port.channels, dtype=np.float32)[0]
    return Exam(inputs, runtimes.load(model, "reference").answers(inputs), TOLERANCES)


def _notes(network: Plain, found: Mapped) -> tuple[str, ...]:
    notes = list(network.facts.notes)
    if found.empty_layers:
        notes.append(f"{found.empty_layers} layers of zeros fill gaps in its dilations.")
    return tuple(notes)
