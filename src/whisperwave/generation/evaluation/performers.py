"""Performers: the model, and the controls that its score is read beside.

- ``model``: primed with the picks, steered by their style, told an outline of their moments and
  held to it.
- ``not_held``: the same as the network gave it, before it was held to the outline.
- ``noise``: the same with white noise in the place of the network: what the outline alone is
  worth, and what a network has to add to. It and the one before are left out for a model that
  takes none.
- ``style_only``: primed and steered alike, but told no outline.
- ``prime_only``: the first WhisperWave's way, primed but steered to no style (the zero vector,
  which is the mean of the training clips) and told no outline. It and the one before are left out
  for a model of excitations, which is nothing without its filters.
- ``granular``: the picks themselves, cut into grains and shuffled: real sound, nothing learnt, no
  order in time. For steady textures this is close to the best that can be reached.
- ``real``: the picked clips as they are; what the judges make of the truth.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from whisperwave.generation.draws import GRAINS, uniforms
from whisperwave.generation.evaluation.protocol import Subject
from whisperwave.generation.instrument import Instrument
from whisperwave.generation.outline import Outline
from whisperwave.generation.playing import Played, held, mixed_down, play
from whisperwave.generation.priming import in_channels, prime_of
from whisperwave.generation.rendering import render
from whisperwave.generation.style import style_of_picks
from whisperwave.runtimes import Sampling

Floats = NDArray[np.float32]
Performer = Callable[[Subject, int], Floats]
"""From a subject and a seed to sound, ``[T]``."""

GRAIN_SECONDS = (0.05, 0.2)
NOISE_LEVEL = 0.1  # -20 dBFS, the level of every levelled clip


def performers(instrument: Instrument, sampling: Sampling, seconds: float) -> dict[str, Performer]:
    """Every performer by the name it has in the result; each plays for ``seconds``."""
    samples = round(seconds * instrument.sample_rate)

    @lru_cache(maxsize=1)  # performers in a row take the same piece at several stages
    def played(subject: Subject, seed: int) -> Played:
        return play(instrument, subject.picked, samples, sampling, seed)

    def noise(subject: Subject, seed: int) -> Floats:
        outline = played(subject, seed).outline
        return held(instrument, filtered_noise(instrument, outline, samples, seed), outline)

    def style_only(subject: Subject, seed: int) -> Floats:
        style = style_of_picks(subject.picked, instrument.file)
        return _by_itself(instrument, subject, style, samples, sampling, seed)

    def prime_only(subject: Subject, seed: int) -> Floats:
        style = None if port is None else np.zeros(port.channels, np.float32)
        return _by_itself(instrument, subject, style, samples, sampling, seed)

    def granular(subject: Subject, seed: int) -> Floats:
        return shuffled_grains(
            [each.audio for each in subject.picked], samples, instrument.sample_rate, seed
        )

    port = instrument.file.signature.port("style")
    cast: dict[str, Performer] = {"model": lambda subject, seed: played(subject, seed).audio}
    if instrument.file.signature.port("control"):
        cast["not_held"] = lambda subject, seed: played(subject, seed).rendering.audio
        cast["noise"] = noise
    if not instrument.file.signature.port("predictor"):
        cast |= {"style_only": style_only, "prime_only": prime_only}
    return cast | {"granular": granular, "real": _real}


def filtered_noise(
    instrument: Instrument, outline: Outline | None, samples: int, seed: int
) -> Floats:
    """White noise ``[T]`` in the place of what a network gives, filtered where that would be."""
    white = np.random.default_rng(seed).standard_normal(samples).astype(np.float32)
    lags = outline.predicting if outline else None
    if lags is None:
        return NOISE_LEVEL * white
    return instrument.runtime.filtered(white, lags)


def shuffled_grains(clips: list[Floats], samples: int, sample_rate: int, seed: int) -> Floats:
    """Grains of 50 to 200 ms from anywhere in the clips, each half over the one before."""
    shortest, longest = (round(seconds * sample_rate) for seconds in GRAIN_SECONDS)
    audio = np.zeros(samples + 2 * longest, dtype=np.float32)
    draws = uniforms(seed, GRAINS, 3 * (2 * samples // shortest + 2)).reshape(-1, 3)
    place = 0
    for clip_draw, length_draw, start_draw in draws:
        if place >= samples + longest:
            break
        clip = clips[int(clip_draw * len(clips))]
        length = shortest + int(length_draw * (longest - shortest)) // 2 * 2
        start = int(start_draw * max(1, len(clip) - length))
        grain = clip[start : start + length]
        audio[place : place + len(grain)] += (grain * np.hanning(len(grain)))[: len(audio) - place]
        place += length // 2
    return audio[longest : longest + samples]


def _by_itself(
    instrument: Instrument,
    subject: Subject,
    style: Floats | None,
    samples: int,
    sampling: Sampling,
    seed: int,
) -> Floats:
    session = instrument.runtime.session(instrument.runtime.guide(style), sampling, seed)
    signature, rate = instrument.file.signature, instrument.sample_rate
    prime = prime_of(subject.picked, rate, signature.receptive_field, seed)
    session.prime(in_channels(prime, signature.outputs[0].channels))
    return mixed_down(render(session, samples, rate).audio)


def _real(subject: Subject, seed: int) -> Floats:
    return subject.picked[seed % len(subject.picked)].audio
