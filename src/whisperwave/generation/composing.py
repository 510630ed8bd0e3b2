"""Composing the outline of a piece from moments of the picks, in an order that they never had.

Each moment goes on for a second or more, then one is found that follows well on what is there.
After A. Schödl, R. Szeliski, D. Salesin and I. Essa, "Video textures" (SIGGRAPH 2000), section 3,
with mel frames in the place of pictures.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.generation.draws import OUTLINE, uniforms
from whisperwave.generation.material import Material
from whisperwave.generation.outline import Outline, joined, mixed, outline_of
from whisperwave.shapes import Signature

MOMENT_SECONDS = (1.0, 4.0)
EDGE_SECONDS = 0.3  # of each clip's ends, where it fades and the silence around it is heard
APART_SECONDS = 0.5  # a jump leads at least this far from where the clip would have gone on
_CANDIDATES = 32  # places that a jump may lead to; the one that follows best is taken
_CONTEXT_FRAMES = 8  # heard before a place, to judge how well it follows
JOIN_SECONDS = 0.12


@dataclass(frozen=True)
class Place:
    """A frame of one of the clips."""

    clip: int
    frame: int


def compose_outline(
    materials: Sequence[Material], frames: int, signature: Signature, before: Outline, seed: int
) -> Outline:
    """An outline of ``frames`` frames, made of moments of the picks.

    Clips of one style take turns; different styles are heard together, each as strongly as its
    clips' shares say.

    Args:
        materials: the picks.
        frames: how many are wanted.
        signature: of the model, which says what an outline is to it.
        before: the outline of what comes before, for the first moment to follow.
        seed: of the piece.
    """
    styles: dict[str, list[Material]] = defaultdict(list)
    for material in materials:
        styles[material.style].append(material)
    voices = [
        _voice(_Composer(clips, signature, (seed, OUTLINE + index)), frames, before)
        for index, clips in enumerate(styles.values())
    ]
    shares = [sum(clip.share for clip in clips) for clips in styles.values()]
    return voices[0] if len(voices) == 1 else mixed(voices, shares)


def _voice(composer: "_Composer", frames: int, before: Outline) -> Outline:
    moments, made = [], 0
    while made < frames:
        before = composer.next_moment(before)
        moments.append(before)
        made += before.frames
    return joined(moments).at(slice(frames))


class _Composer:
    """Finds one moment after the other in the clips of one style.

    Args:
        materials: the clips; each gets the part of the time that its share is of theirs.
        signature: of the model.
        key: seed and stream of the draws.
    """

    def __init__(
        self, materials: Sequence[Material], signature: Signature, key: tuple[int, int]
    ) -> None:
        outlines = [outline_of(each.audio, signature, each.wide) for each in materials]
        control = signature.port("control")
        frame_rate = signature.sample_rate / (control.rate if control else 1)
        self._shortest, self._longest = (max(1, round(s * frame_rate)) for s in MOMENT_SECONDS)
        self._apart = round(APART_SECONDS * frame_rate)
        edge = round(EDGE_SECONDS * frame_rate)
        self._clips = [_repeated(_inner(each, edge), 2 * self._shortest) for each in outlines]
        shares = np.array([each.share for each in materials])
        self._shares = shares / shares.sum()
        self._heard = np.zeros(len(materials))
        self._join = round(JOIN_SECONDS * frame_rate)
        self._key = key
        self._moments = 0
        self._ended: Place | None = None

    def next_moment(self, before: Outline) -> Outline:
        """A moment that follows well on ``before``, which was the moment before it."""
        draws = uniforms(*self._key, _CANDIDATES + 1, start=self._moments * 64)
        self._moments += 1
        index = self._due()
        start = self._following(index, before, draws[1:])
        wanted = self._shortest + int(draws[0] * (self._longest - self._shortest))
        moment = self._joined(before, self._clips[index].at(slice(start, start + wanted)))
        self._ended = Place(index, start + moment.frames)
        self._heard[index] += moment.frames
        return moment

    def _due(self) -> int:
        """The pick that is furthest behind its share of the time."""
        owed = self._shares * (self._heard.sum() + self._longest) - self._heard
        return int(np.argmax(owed))

    def _following(self, index: int, before: Outline, draws: NDArray[np.float64]) -> int:
        """Of some places drawn from a clip, the one whose past is most like ``before``."""
        clip = self._clips[index].mel
        heard = before.mel[:, -_CONTEXT_FRAMES:]
        width = heard.shape[1]
        starts = width + (draws * (clip.shape[1] - self._shortest - width + 1)).astype(int)
        contexts = np.stack([clip[:, start - width : start] for start in starts])
        distances = np.abs(contexts - heard).mean(axis=(1, 2))
        if self._ended is not None and self._ended.clip == index:
            distances[np.abs(starts - self._ended.frame) < self._apart] = np.inf
        return int(starts[np.argmin(distances)])

    def _joined(self, before: Outline, moment: Outline) -> Outline:
        """The moment, its first frames passing over from how the one before it would go on."""
        going_on = before.at(np.full(self._join, before.frames - 1))
        if self._ended is not None:
            clip, frame = self._clips[self._ended.clip], self._ended.frame
            going_on = clip.at(np.minimum(np.arange(frame, frame + self._join), clip.frames - 1))
        rise = (np.arange(self._join, dtype=np.float32) + 1.0) / (self._join + 1.0)
        going_on = going_on.at(slice(min(self._join, moment.frames)))
        seam = going_on.crossing(moment, rise[: going_on.frames])
        return joined([seam, moment.at(slice(self._join, None))])


def _inner(outline: Outline, edge: int) -> Outline:
    """Without its ends, unless that would leave little."""
    return outline.at(slice(edge, outline.frames - edge)) if outline.frames > 4 * edge else outline


def _repeated(outline: Outline, least: int) -> Outline:
    """A very short clip again and again, until a moment fits into it."""
    return joined([outline] * -(-least // outline.frames))
