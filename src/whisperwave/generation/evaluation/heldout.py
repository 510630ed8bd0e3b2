"""How well a model foretells sounds: those that it learned from, and those kept from it."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from whisperwave.datasets import Excerpt, Sounds, Split, is_prepared, read_prepared, read_sounds
from whisperwave.errors import ConfigError, EngineError
from whisperwave.generation.evaluation.foretelling import foretold, tokens_of
from whisperwave.generation.evaluation.protocol import chosen, mono
from whisperwave.generation.instrument import Instrument, ready
from whisperwave.generation.retelling import guide_along, play_along
from whisperwave.generation.tags import Tags, tags_for
from whisperwave.generation.writing import write_sound
from whisperwave.modelfile import ModelFile
from whisperwave.reports import write_spectrogram_png
from whisperwave.shapes import Signature

Floats = NDArray[np.float32]
Progress = Callable[[float, float], None]

SPLITS: tuple[Split, ...] = get_args(Split)
_GAP = 0.03  # of the bits on training sound: a smaller gap is none
_SURE = 2.0  # standard errors
# How sounds are read for a model that does not say: as `whisperwave train` does by itself.
_USUAL = {"validation": 0.1, "trim_below_db": 45.0}


@dataclass(frozen=True)
class HeldOutEvaluation:
    """What to evaluate: a model, on a folder of sounds or a prepared set.

    ``clips`` excerpts of each split are scored, ``seconds`` of each. ``listening`` is a folder to
    write sounds into: what was heard, and what the model plays along it.
    """

    model: str
    data: Path
    clips: int = 12
    seconds: float = 1.0
    listening: Path | None = None
    backend: str = "native"
    precision: str = "auto"


def evaluate_held_out(
    request: HeldOutEvaluation, progress: Progress = lambda _done, _total: None
) -> dict[str, Any]:
    """Score a model on both splits of a set; JSON-ready.

    ``bits_per_sample`` and ``accuracy`` are means over excerpts, with the standard error of the
    bits. The gap between the splits has a meaning only on the sounds that the model was trained
    on; on others it is null.

    Raises:
        WhisperwaveError: of the kind that fits.
    """
    instrument = ready(request.model, request.backend, precision=request.precision)
    _check_kind(instrument)
    sounds = sounds_for(request.data, instrument.file)
    check_channels(sounds, instrument.file.signature, request.data)
    excerpts = {split: chosen(sounds.of(split), request.clips) for split in SPLITS}
    total = sum(map(len, excerpts.values()))
    done = 0
    rows: dict[str, list[dict[str, Any]]] = {split: [] for split in SPLITS}
    for split, members in excerpts.items():
        for excerpt in members:
            rows[split].append(_row(instrument, sounds, excerpt, request.seconds))
            done += 1
            progress(done, total)
    result = {
        "model": instrument.identity,
        "trained_on_these": _is_its_own(sounds, instrument.file),
        "splits": {split: _summary(scored) for split, scored in rows.items() if scored},
        "per_excerpt": rows,
    }
    if request.listening is not None:
        members = excerpts["validation"] or excerpts["train"]
        files = _listening_set(instrument, sounds, members, request)
        result["listening"] = [str(path) for path in files]
    return result | _verdict(result)


def sounds_for(folder: Path, file: ModelFile) -> Sounds:
    """The sounds at the model's rate, split as its training split them.

    Raises:
        ConfigError: ``OTHER_RATE``, of a prepared set.
        AudioError: nothing can be read.
    """
    rate = file.signature.sample_rate
    if is_prepared(folder):
        prepared = read_prepared(folder)
        if prepared.sample_rate != rate:
            raise ConfigError(
                "OTHER_RATE",
                f"{str(folder)!r} was prepared at {prepared.sample_rate} Hz, the model plays at "
                f"{rate} Hz.",
                f"Prepare the sounds with --rate {rate}.",
            )
        return prepared
    told = file.provenance.get("settings", {}).get("data", {})
    known = {key: told.get(key, usual) for key, usual in _USUAL.items()}
    return read_sounds(
        folder,
        rate,
        known["validation"],
        int(file.provenance.get("seed", 0)),
        known["trim_below_db"],
    )


def _is_its_own(sounds: Sounds, file: ModelFile) -> bool:
    return dict(sounds.identity) == file.provenance.get("data")


def _row(
    instrument: Instrument, sounds: Sounds, excerpt: Excerpt, seconds: float
) -> dict[str, Any]:
    audio = middle_of(instrument.file.signature, sounds, excerpt, seconds)
    signature = instrument.file.signature
    if audio.shape[-1] <= signature.receptive_field + 1:
        return {"name": excerpt.name, "class": excerpt.group, "bits": None, "accuracy": None}
    guide = guide_along(instrument.runtime, instrument.file, audio, excerpt.group)
    found = foretold(instrument.runtime, tokens_of(signature, audio), guide)
    return {"name": excerpt.name, "class": excerpt.group, **asdict(found)}


def middle_of(signature: Signature, sounds: Sounds, excerpt: Excerpt, seconds: float) -> Floats:
    """The middle of an excerpt, with a receptive field in front of what is scored.

    ``[T]``, or ``[C, T]`` for a model of several channels.
    """
    wanted = round(seconds * signature.sample_rate) + signature.receptive_field
    whole = excerpt.stop - excerpt.start
    start = max(0, (whole - wanted) // 2)
    stop = min(whole, start + wanted)
    if signature.outputs[0].channels > 1:
        return sounds.part(excerpt, start, stop)
    return mono(sounds, excerpt, start, stop)


def _summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    bits = np.array([row["bits"] for row in rows if row["bits"] is not None])
    right = [row["accuracy"] for row in rows if row["accuracy"] is not None]
    if not len(bits):
        return {"excerpts": 0, "too_short": len(rows), "bits_per_sample": None,
                "standard_error": None, "accuracy": None}  # fmt: skip
    error = float(bits.std(ddof=1) / np.sqrt(len(bits))) if len(bits) > 1 else None
    return {
        "excerpts": len(bits),
        "too_short": len(rows) - len(bits),
        "bits_per_sample": float(bits.mean()),
        "standard_error": error,
        "accuracy": float(np.mean(right)),
    }


def _verdict(result: dict[str, Any]) -> dict[str, Any]:
    """The gap between the splits in bits, and what it says; null where it says nothing."""
    splits = result["splits"]
    seen = {split: splits.get(split, {}) for split in ("train", "validation")}
    learned, new = (of.get("bits_per_sample") for of in seen.values())
    if not result["trained_on_these"]:
        return {"gap": None, "verdict": "unknown: these are not the sounds it was trained on"}
    if learned is None or new is None:
        return {"gap": None, "verdict": "unknown: a split has nothing long enough to score"}
    gap = new - learned
    error = math.hypot(*(of["standard_error"] or 0.0 for of in seen.values()))
    if gap > max(_GAP * learned, _SURE * error):
        return {"gap": gap, "verdict": "over-fitting: it knows its training sound too well"}
    return {
        "gap": gap,
        "verdict": "no gap that is sure: it foretells new sound about as well as what it learned",
    }


def _listening_set(
    instrument: Instrument, sounds: Sounds, excerpts: Sequence[Excerpt], request: HeldOutEvaluation
) -> Iterator[Path]:
    """For each excerpt what was heard, and what the model plays along it, with spectrograms."""
    folder = request.listening
    assert folder is not None  # noqa: S101 # asked for
    folder.mkdir(parents=True, exist_ok=True)
    rate = instrument.sample_rate
    for number, excerpt in enumerate(excerpts):
        heard = middle_of(instrument.file.signature, sounds, excerpt, 4.0 * request.seconds)
        played = play_along(instrument.runtime, instrument.file, heard, excerpt.group, number)
        picked = excerpt.group or "held-out"
        made = tags_for(instrument.identity, instrument.runtime.precision, number, picked)
        for kind, audio, tags in (
            ("heard", heard, Tags(f"Heard: {excerpt.name}", "", "", made.software)),
            ("played", played, made),
        ):
            path = folder / f"{number:02d}-{kind}.wav"
            channels = np.atleast_2d(audio)
            write_sound(path, [channels], len(channels), rate, tags, number)
            write_spectrogram_png(path.with_suffix(".png"), audio, rate)
            yield path


def _check_kind(instrument: Instrument) -> None:
    if instrument.file.signature.outputs[0].role != "audio":
        raise EngineError(
            "WRONG_KIND", "only models of sound are evaluated so.", "Evaluate another model."
        )


def check_channels(sounds: Sounds, signature: Signature, data: Path) -> None:
    """Refuse one channel for a model of two; of two channels, a model of one hears the mean.

    Raises:
        ConfigError: ``OTHER_CHANNELS``.
    """
    wanted = signature.outputs[0].channels
    if wanted not in (1, sounds.channels):
        raise ConfigError(
            "OTHER_CHANNELS",
            f"{str(data)!r} is heard in {sounds.channels} channel, the model plays {wanted}.",
            f"Prepare the sounds with --channels {wanted}, and name the set.",
        )
