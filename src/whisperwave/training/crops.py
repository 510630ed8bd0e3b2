"""Training crops: which piece of which file, decided by a number and by nothing else."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset

from whisperwave.datasets import Excerpt, Sounds, Split
from whisperwave.dsp.companding import mulaw_encode
from whisperwave.dsp.emphasis import emphasise
from whisperwave.errors import TrainingError
from whisperwave.training.settings import DataSettings
from whisperwave.training.styles import Styles, vectors_of


@dataclass(frozen=True)
class CropShape:
    """How a crop is cut: ``context`` samples only heard, then ``targets`` to be predicted."""

    context: int
    targets: int
    levels: int


class Crops(Dataset[dict[str, NDArray[np.generic]]]):
    """Crop number ``i`` of a run: the same whenever and wherever it is asked for.

    The draw is keyed by (seed, index), so a resumed run goes on with the crops that it would have
    seen. A group is drawn first, then a place in it, so that every group is heard equally often.

    Args:
        sounds: the samples.
        styles: the style vectors of their excerpts.
        split: which excerpts to draw from.
        settings: emphasis and style noise; validation draws without noise.
        shape: how a crop is cut.
        indices: the numbers of the crops, in the order they are served.
        seed: of the whole run.
    """

    def __init__(
        self,
        sounds: Sounds,
        styles: Styles,
        split: Split,
        settings: DataSettings,
        shape: CropShape,
        indices: range,
        seed: int,
    ) -> None:
        self._sounds = sounds
        self._shape = shape
        self._indices = indices
        self._seed = seed
        self._preemphasis = settings.preemphasis
        self._noise = settings.style_noise if split == "train" else 0.0
        excerpts = [e for e in sounds.of(split) if e.stop - e.start > self._length]
        if not excerpts:
            raise TrainingError(
                "TOO_SHORT",
                f"No {split} sound is longer than one crop of "
                f"{self._length / sounds.sample_rate:.2f} s.",
                "Add longer files, or lower data.crop.",
            )
        self._groups = _grouped(excerpts, self._length)
        self._vectors = dict(zip(excerpts, vectors_of(styles, excerpts), strict=True))

    @property
    def _length(self) -> int:
        return self._shape.context + self._shape.targets

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, position: int) -> dict[str, NDArray[np.generic]]:
        """``classes`` [context + targets], ``targets`` [targets] and ``style`` [G] of one crop."""
        if not 0 <= position < len(self):
            raise IndexError(position)
        draw = np.random.default_rng((self._seed, self._indices[position]))
        excerpts, shares = self._groups[draw.integers(len(self._groups))]
        excerpt = excerpts[int(np.searchsorted(shares, draw.random(), side="right"))]
        start = int(draw.integers(excerpt.stop - excerpt.start - self._length))
        audio = self._sounds.audio(excerpt)[start : start + self._length + 1]
        classes = mulaw_encode(emphasise(audio, self._preemphasis), self._shape.levels)
        vectors = self._vectors[excerpt]
        style = vectors[draw.integers(len(vectors))]
        noise = self._noise * draw.standard_normal(style.shape)
        return {
            "classes": classes[:-1].astype(np.int64),
            "targets": classes[1 + self._shape.context :].astype(np.int64),
            "style": (style + noise).astype(np.float32),
        }


def _grouped(
    excerpts: list[Excerpt], length: int
) -> list[tuple[list[Excerpt], NDArray[np.float64]]]:
    groups: dict[str, list[Excerpt]] = defaultdict(list)
    for excerpt in excerpts:
        groups[excerpt.group].append(excerpt)
    return [(members, _shares(members, length)) for _, members in sorted(groups.items())]


def _shares(excerpts: list[Excerpt], length: int) -> NDArray[np.float64]:
    """Cumulative shares of the places where a crop can start, for a draw in [0, 1)."""
    places = np.array([e.stop - e.start - length for e in excerpts], np.float64)
    return np.asarray(np.cumsum(places)[:-1] / places.sum())
