"""The outline of a piece: when its notes, strokes and drops fall, and how they swell and fade.

A network that remembers a fraction of a second cannot plan a bow stroke or the pause before the
next drop. So it is told the slow outline, and fills in the sound. The outline is joined from
moments of the picks in an order that they never had: each goes on for a second or more, then one is
found that follows well on what is there. After A. Schödl, R. Szeliski, D. Salesin and I. Essa,
"Video textures" (SIGGRAPH 2000), section 3, with mel frames in the place of pictures.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.features.mel import mel_controls, mix_controls
from whisperwave.generation.draws import OUTLINE, uniforms
from whisperwave.generation.material import Material
from whisperwave.shapes import Port

Floats = NDArray[np.float32]

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


def outline_of(audio: Floats, sample_rate: int, port: Port) -> Floats:
    """The outline of a sound ``[T]`` as a model is told it, ``[K, F]``."""
    return mel_controls(audio, sample_rate, port.channels, port.rate)


def compose_outline(
    materials: Sequence[Material], frames: int, sample_rate: int, port: Port, before: Floats,
    seed: int,
) -> Floats:  # fmt: skip
    """An outline of ``frames`` frames, made of moments of the picks, ``[K, frames]``.

    Clips of one style take turns; different styles are heard together, each as strongly as its
    clips' shares say.

    Args:
        materials: the picks.
        frames: how many are wanted.
        sample_rate: of the picks, in Hz.
        port: what the model takes.
        before: the outline of what comes before, ``[K, F]``, for the first moment to follow.
        seed: of the piece.
    """
    styles: dict[str, list[Material]] = defaultdict(list)
    for material in materials:
        styles[material.style].append(material)
    voices = [
        _voice(_Composer(clips, sample_rate, port, (seed, OUTLINE + index)), frames, before)
        for index, clips in enumerate(styles.values())
    ]
    shares = [sum(clip.share for clip in clips) for clips in styles.values()]
    return voices[0] if len(voices) == 1 else mix_controls(voices, shares)


def _voice(composer: "_Composer", frames: int, before: Floats) -> Floats:
    moments, made = [], 0
    while made < frames:
        before = composer.next_moment(before)
        moments.append(before)
        made += before.shape[1]
    return np.concatenate(moments, axis=1)[:, :frames]


class _Composer:
    """Finds one moment after the other in the clips of one style.

    Args:
        materials: the clips; each gets the part of the time that its share is of theirs.
        sample_rate: of the clips, in Hz.
        port: what the model takes.
        key: seed and stream of the draws.
    """

    def __init__(
        self, materials: Sequence[Material], sample_rate: int, port: Port, key: tuple[int, int]
    ) -> None:
        frame_rate = sample_rate / port.rate
        self._shortest, self._longest = (max(1, round(s * frame_rate)) for s in MOMENT_SECONDS)
        self._apart = round(APART_SECONDS * frame_rate)
        outlines = [outline_of(each.audio, sample_rate, port) for each in materials]
        edge = round(EDGE_SECONDS * frame_rate)
        self._clips = [_repeated(_inner(each, edge), 2 * self._shortest) for each in outlines]
        shares = np.array([each.share for each in materials])
        self._shares = shares / shares.sum()
        self._heard = np.zeros(len(materials))
        self._join = round(JOIN_SECONDS * frame_rate)
        self._key = key
        self._moments = 0
        self._ended: Place | None = None

    def next_moment(self, before: Floats) -> Floats:
        """A moment that follows well on ``before``, which was the moment before it."""
        draws = uniforms(*self._key, _CANDIDATES + 1, start=self._moments * 64)
        self._moments += 1
        index = self._due()
        start = self._following(index, before, draws[1:])
        wanted = self._shortest + int(draws[0] * (self._longest - self._shortest))
        moment = self._joined(before, self._clips[index][:, start : start + wanted])
        self._ended = Place(index, start + moment.shape[1])
        self._heard[index] += moment.shape[1]
        return moment

    def _due(self) -> int:
        """The pick that is furthest behind its share of the time."""
        owed = self._shares * (self._heard.sum() + self._longest) - self._heard
        return int(np.argmax(owed))

    def _following(self, index: int, before: Floats, draws: NDArray[np.float64]) -> int:
        """Of some places drawn from a clip, the one whose past is most like ``before``."""
        clip = self._clips[index]
        heard = before[:, -_CONTEXT_FRAMES:]
        width = heard.shape[1]
        starts = width + (draws * (clip.shape[1] - self._shortest - width + 1)).astype(int)
        contexts = np.stack([clip[:, start - width : start] for start in starts])
        distances = np.abs(contexts - heard).mean(axis=(1, 2))
        if self._ended is not None and self._ended.clip == index:
            distances[np.abs(starts - self._ended.frame) < self._apart] = np.inf
        return int(starts[np.argmin(distances)])

    def _joined(self, before: Floats, moment: Floats) -> Floats:
        """The moment, its first frames passing over from how the one before it would go on."""
        going_on = before[:, -1:]
        if self._ended is not None:
            clip, frame = self._clips[self._ended.clip], self._ended.frame
            places = np.minimum(np.arange(frame, frame + self._join), clip.shape[1] - 1)
            going_on = clip[:, places]
        rise = (np.arange(self._join, dtype=np.float32) + 1.0) / (self._join + 1.0)
        seam = going_on * (1.0 - rise) + moment[:, : self._join] * rise
        return np.concatenate([seam, moment[:, self._join :]], axis=1)


def _inner(outline: Floats, edge: int) -> Floats:
    """Without its ends, unless that would leave little."""
    count = outline.shape[1]
    return outline[:, edge : count - edge] if count > 4 * edge else outline


def _repeated(outline: Floats, least: int) -> Floats:
    """A very short clip again and again, until a moment fits into it."""
    return np.tile(outline, -(-least // outline.shape[1]))
