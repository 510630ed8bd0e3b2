"""Bits per sample: how well the model foretells real clips that it was not steered by.

Beside it, the same clips under the style of another kind, which must cost bits, or the style
carries nothing; a 5-gram of the picks, which is what counting alone can do; and, for a model that
takes controls, the clips with their own outline told, which says how much an outline is worth. For
a model of excitations the samples are theirs, filtered out of each clip by its own outline; white
noise of the same sizes costs what a 1-gram of the picks says.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.companding import mulaw_encode
from whisperwave.generation.evaluation.foretelling import YARDSTICK, Samples, bits_of, tokens_of
from whisperwave.generation.evaluation.protocol import Subject, excerpt
from whisperwave.generation.instrument import Instrument
from whisperwave.generation.outline import outline_of
from whisperwave.generation.style import style_of_picks
from whisperwave.reports.ngrams import NGrams

Floats = NDArray[np.float32]

SCORED_SECONDS = 2.0


def likelihood(
    instrument: Instrument, subjects: Sequence[Subject], seconds: float = SCORED_SECONDS
) -> dict[str, Any]:
    """Bits per sample on the held-out clips, in the mean and for each style, JSON-ready.

    The style of another kind is that of the subject half-way round the list.
    """
    styles = [style_of_picks(subject.picked, instrument.file) for subject in subjects]
    half = len(subjects) // 2
    others = styles[half:] + styles[:half]
    per_style = {}
    for subject, own, other in zip(subjects, styles, others, strict=True):
        clips = [_scored(instrument, each.audio, seconds) for each in subject.held_out]
        row = {
            "model": _mean(_model_bits(instrument, clip, own) for clip in clips),
            "style_shuffled": _mean(_model_bits(instrument, clip, other) for clip in clips),
            "one_gram": _gram_bits(instrument, subject, clips, order=1),
            "five_gram": _gram_bits(instrument, subject, clips, order=5),
        }
        if instrument.file.signature.port("control"):
            row["outlined"] = _mean(_model_bits(instrument, clip, own, True) for clip in clips)
        per_style[subject.style] = row
    names = next(iter(per_style.values()))
    means = {name: _mean(row[name] for row in per_style.values()) for name in names}
    return means | {"seconds_per_clip": seconds, "per_style": per_style}


def classes_of(instrument: Instrument, audio: Floats) -> Samples:
    """The classes ``[T]`` in which what a model hears of a sound ``[T]`` is scored."""
    tokens = tokens_of(instrument.file.signature, audio)
    return tokens if tokens.ndim == 1 else mulaw_encode(tokens[:, 0], YARDSTICK)


def _scored(instrument: Instrument, audio: Floats, seconds: float) -> Floats:
    """The middle of a clip, with a receptive field of context in front of what is scored."""
    rate, field = instrument.sample_rate, instrument.file.signature.receptive_field
    return excerpt(audio, rate, seconds + field / rate)


def _model_bits(
    instrument: Instrument, clip: Floats, style: Floats | None, outlined: bool = False
) -> float:
    signature = instrument.file.signature
    controls = outline_of(clip, signature).mel if outlined else None
    guide = instrument.runtime.guide(style, controls)
    return bits_of(instrument.runtime, tokens_of(signature, clip), guide)


def _gram_bits(instrument: Instrument, subject: Subject, clips: list[Floats], order: int) -> float:
    field = instrument.file.signature.receptive_field
    levels = int(instrument.file.signature.codec.get("levels", YARDSTICK))
    picked = [classes_of(instrument, each.audio) for each in subject.picked]
    grams = NGrams(picked, order=order, levels=levels)
    scored = [classes_of(instrument, clip)[field + 1 - order :] for clip in clips]
    return _mean(grams.bits_per_sample(clip) for clip in scored)


def _mean(values: Any) -> float:
    return float(np.mean(list(values)))
