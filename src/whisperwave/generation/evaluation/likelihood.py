"""Bits per sample: how well the model foretells real clips that it was not steered by.

Beside it, the same clips under the style of another kind, which must cost bits, or the style
carries nothing; and a 5-gram of the picks, which is what counting alone can do.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.generation.evaluation.protocol import Subject, excerpt
from whisperwave.generation.instrument import Instrument
from whisperwave.generation.style import style_of_picks
from whisperwave.reports.metrics import bits_per_sample
from whisperwave.reports.ngrams import NGrams
from whisperwave.runtimes.codec import Codec

Floats = NDArray[np.float32]
Classes = NDArray[np.integer]

SCORED_SECONDS = 2.0


def likelihood(
    instrument: Instrument, subjects: Sequence[Subject], seconds: float = SCORED_SECONDS
) -> dict[str, Any]:
    """Bits per sample on the held-out clips, in the mean and for each style, JSON-ready.

    The style of another kind is that of the subject half-way round the list.
    """
    styles = [_style(instrument, subject) for subject in subjects]
    half = len(subjects) // 2
    others = styles[half:] + styles[:half]
    per_style = {}
    for subject, own, other in zip(subjects, styles, others, strict=True):
        clips = [_scored(instrument, each.audio, seconds) for each in subject.held_out]
        per_style[subject.style] = {
            "model": _mean(_model_bits(instrument, clip, own) for clip in clips),
            "style_shuffled": _mean(_model_bits(instrument, clip, other) for clip in clips),
            "five_gram": _five_gram_bits(instrument, subject, clips),
        }
    names = ("model", "style_shuffled", "five_gram")
    means = {name: _mean(row[name] for row in per_style.values()) for name in names}
    return means | {"seconds_per_clip": seconds, "per_style": per_style}


def classes_of(instrument: Instrument, audio: Floats) -> Classes:
    """What the model sees of a sound: ``[T]`` to classes ``[T]``."""
    return Codec.of(instrument.file.signature).encode(audio, 0.0)


def _scored(instrument: Instrument, audio: Floats, seconds: float) -> Classes:
    """The middle of a clip, with a receptive field of context in front of what is scored."""
    rate, field = instrument.sample_rate, instrument.file.signature.receptive_field
    return classes_of(instrument, excerpt(audio, rate, seconds + field / rate))


def _model_bits(instrument: Instrument, classes: Classes, style: Floats | None) -> float:
    field = instrument.file.signature.receptive_field
    logits = instrument.runtime.logits(classes, style)
    return bits_per_sample(logits[field - 1 : -1], classes[field:])


def _five_gram_bits(instrument: Instrument, subject: Subject, clips: list[Classes]) -> float:
    field = instrument.file.signature.receptive_field
    levels = int(instrument.file.signature.codec["levels"])
    picked = [classes_of(instrument, each.audio) for each in subject.picked]
    grams = NGrams(picked, order=5, levels=levels)
    return _mean(grams.bits_per_sample(clip[field - 4 :]) for clip in clips)


def _style(instrument: Instrument, subject: Subject) -> Floats | None:
    projection = instrument.file.style
    if projection is None:
        return None
    return style_of_picks(subject.picked, instrument.sample_rate, projection)


def _mean(values: Any) -> float:
    return float(np.mean(list(values)))
