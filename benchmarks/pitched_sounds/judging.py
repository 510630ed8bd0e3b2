"""What a method says of the pitch of sounds, against what it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitched_sounds.cases import RATE, Sound

Floats = NDArray[np.float64]

EDGE_SECONDS = 0.07  # a frame that looks across an edge may hear both sides of it
WRONG_CENTS = 50.0


@dataclass(frozen=True)
class Track:
    """Frames ``[F]``: the middle of each in seconds, its pitch in Hz, and whether it has one."""

    seconds: Floats
    f0_hz: Floats
    voiced: NDArray[np.bool_]


@dataclass(frozen=True)
class Judgement:
    """How right a method was about some sounds; shares are of 1.

    ``median_cents`` and ``gross`` (more than 50 cents off) are of the frames of a tone that it
    called voiced; ``right`` is the share of all frames of a tone that it called voiced and read to
    50 cents; ``voicing`` the share of all frames whose voicing it has wrong. The first two are None
    where there is no such frame.
    """

    median_cents: float | None
    right: float
    gross: float | None
    voicing: float


def judge(sounds: Sequence[Sound], tracks: Sequence[Track]) -> Judgement:
    """Frames near the ends of a sound, and where a tone begins or ends, are not counted."""
    pairs = [_frames(sound, track) for sound, track in zip(sounds, tracks, strict=True)]
    true, said, voiced = (np.concatenate(each) for each in zip(*pairs, strict=True))
    is_tone = true > 0.0
    found = is_tone & voiced & (said > 0.0)
    cents = np.abs(1200.0 * np.log2(said[found] / true[found]))
    right = np.count_nonzero(cents <= WRONG_CENTS)
    return Judgement(
        median_cents=float(np.median(cents)) if len(cents) else None,
        right=right / np.count_nonzero(is_tone),
        gross=1.0 - right / len(cents) if len(cents) else None,
        voicing=float(np.mean(voiced != is_tone)),
    )


def _frames(sound: Sound, track: Track) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """The true pitch, the one that was said, and the voicing, of the frames that count."""
    at = np.rint(track.seconds * RATE).astype(np.intp)
    edge = round(EDGE_SECONDS * RATE)
    inside = (at >= edge) & (at < len(sound.f0_hz) - edge)
    at = at[inside]
    is_tone = sound.f0_hz > 0.0
    steady = (is_tone[at - edge] == is_tone[at]) & (is_tone[at + edge] == is_tone[at])
    return sound.f0_hz[at[steady]], track.f0_hz[inside][steady], track.voiced[inside][steady]
