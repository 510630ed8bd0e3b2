"""Composing the outline of a piece from moments of the picks, in an order that they never had.

Each moment goes on for a second or more, then one is found that follows well on what is there.
After A. Schödl, R. Szeliski, D. Salesin and I. Essa, "Video textures" (SIGGRAPH 2000), section 3,
with mel frames in the place of pictures.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

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


@dataclass(frozen=True, eq=False)
class VoiceState:
    """Where a voice is: ``before`` is its last moment, ``ended`` where that ended in its clip.

    ``heard`` says how many frames of each clip were played, ``rest`` what is left of the moment.
    """

    moments: int
    heard: NDArray[np.float64]
    before: Outline
    ended: Place | None
    rest: Outline


class Composition:
    """An outline without an end, composed as it is needed.

    Clips of one style take turns; different styles are heard together, each as strongly as its
    clips' shares say.

    Args:
        materials: the picks.
        signature: of the model, which says what an outline is to it.
        seed: of the piece.
    """

    def __init__(self, materials: Sequence[Material], signature: Signature, seed: int) -> None:
        styles: dict[str, list[Material]] = defaultdict(list)
        for material in materials:
            styles[material.style].append(material)
        self._voices = [
            _Voice(clips, signature, (seed, OUTLINE + index))
            for index, clips in enumerate(styles.values())
        ]
        self._shares = [sum(clip.share for clip in clips) for clips in styles.values()]

    def start(self, before: Outline) -> tuple[VoiceState, ...]:
        """The state at the beginning; ``before`` is the outline that the first moments follow."""
        return tuple(voice.start(before) for voice in self._voices)

    def step(
        self, frames: int, state: tuple[VoiceState, ...]
    ) -> tuple[Outline, tuple[VoiceState, ...]]:
        """The next ``frames`` frames, and the state after them."""
        taken = [voice.step(frames, each) for voice, each in zip(self._voices, state, strict=True)]
        outlines = [outline for outline, _ in taken]
        heard = outlines[0] if len(outlines) == 1 else mixed(outlines, self._shares)
        return heard, tuple(after for _, after in taken)


class _Voice:
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
        self._join = round(JOIN_SECONDS * frame_rate)
        self._key = key

    def start(self, before: Outline) -> VoiceState:
        """The state before the first moment, which is to follow on ``before``."""
        return VoiceState(0, np.zeros(len(self._clips)), before, None, self._clips[0].at(slice(0)))

    def step(self, frames: int, state: VoiceState) -> tuple[Outline, VoiceState]:
        """The next ``frames`` frames, and the state after them."""
        parts, have = [state.rest], state.rest.frames
        while have < frames:
            state = self._next_moment(state)
            parts.append(state.before)
            have += state.before.frames
        made = joined(parts)
        return made.at(slice(frames)), replace(state, rest=made.at(slice(frames, None)))

    def _next_moment(self, state: VoiceState) -> VoiceState:
        """A moment that follows well on the one before it."""
        draws = uniforms(*self._key, _CANDIDATES + 1, start=state.moments * 64)
        index = self._due(state.heard)
        start = self._following(index, state, draws[1:])
        wanted = self._shortest + int(draws[0] * (self._longest - self._shortest))
        moment = self._joined(state, self._clips[index].at(slice(start, start + wanted)))
        heard = state.heard.copy()
        heard[index] += moment.frames
        ended = Place(index, start + moment.frames)
        return VoiceState(state.moments + 1, heard, moment, ended, state.rest)

    def _due(self, heard: NDArray[np.float64]) -> int:
        """The pick that is furthest behind its share of the time."""
        owed = self._shares * (heard.sum() + self._longest) - heard
        return int(np.argmax(owed))

    def _following(self, index: int, state: VoiceState, draws: NDArray[np.float64]) -> int:
        """Of some places drawn from a clip, the one whose past is most like the moment before."""
        clip = self._clips[index].mel
        heard = state.before.mel[:, -_CONTEXT_FRAMES:]
        width = heard.shape[1]
        starts = width + (draws * (clip.shape[1] - self._shortest - width + 1)).astype(int)
        contexts = np.stack([clip[:, start - width : start] for start in starts])
        distances = np.abs(contexts - heard).mean(axis=(1, 2))
        if state.ended is not None and state.ended.clip == index:
            distances[np.abs(starts - state.ended.frame) < self._apart] = np.inf
        return int(starts[np.argmin(distances)])

    def _joined(self, state: VoiceState, moment: Outline) -> Outline:
        """The moment, its first frames passing over from how the one before it would go on."""
        before, ended = state.before, state.ended
        going_on = before.at(np.full(self._join, before.frames - 1))
        if ended is not None:
            clip = self._clips[ended.clip]
            on = np.arange(ended.frame, ended.frame + self._join)
            going_on = clip.at(np.minimum(on, clip.frames - 1))
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
