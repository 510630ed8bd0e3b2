"""Training crops: which piece of which file, decided by a number and by nothing else."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset

from whisperwave.datasets import Excerpt, Sounds, Split
from whisperwave.datasets.augmenting import Draw
from whisperwave.errors import TrainingError
from whisperwave.training.material.augmented import Augmenter, Changed
from whisperwave.training.material.coding import Cuttable
from whisperwave.training.material.outlines import Outlines
from whisperwave.training.material.styles import Styles
from whisperwave.training.settings.run import DataSettings

Crop = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class CropShape:
    """How a crop is cut: ``context`` samples only heard, then ``targets`` to be predicted."""

    context: int
    targets: int


@dataclass(frozen=True)
class Corpus:
    """The excerpts, their samples, and what a network is told of them, if it is."""

    sounds: Sounds
    samples: Mapping[Excerpt, Cuttable]
    styles: Styles | None
    outlines: Outlines | None
    augmenter: Augmenter | None = None


class Crops(Dataset[Crop]):
    """Crop number ``i`` of a run: the same whenever and wherever it is asked for.

    The draw is keyed by (seed, index), so a resumed run goes on with the crops that it would have
    seen. A group is drawn first, then a place in it, so that every group is heard equally often.

    Args:
        corpus: what to cut.
        split: which excerpts to draw from.
        settings: noise and dropout; validation draws without them, and is never augmented.
        shape: how a crop is cut.
        indices: the numbers of the crops, in the order they are served.
        seed: of the whole run.
    """

    def __init__(
        self,
        corpus: Corpus,
        split: Split,
        settings: DataSettings,
        shape: CropShape,
        indices: Sequence[int],
        seed: int,
    ) -> None:
        self._corpus = corpus
        self._shape = shape
        self._indices = indices
        self._seed = seed
        self._settings = settings
        self._is_training = split == "train"
        self._grid = corpus.outlines.hop_length if corpus.outlines else 1
        excerpts = [e for e in corpus.sounds.of(split) if e.stop - e.start > self._length]
        if not excerpts:
            raise TrainingError(
                "TOO_SHORT",
                f"No {split} sound is longer than one crop of "
                f"{self._length / corpus.sounds.sample_rate:.2f} s.",
                "Add longer files, or lower data.crop.",
            )
        self._groups = _grouped(excerpts, self._length)

    @property
    def _length(self) -> int:
        return self._shape.context + self._shape.targets

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, position: int) -> Crop:
        """One crop, for a network that takes a style and controls.

        Returns:
            ``samples`` [context + targets] and ``targets`` [targets], with an axis of channels
            more where samples are values; ``style`` [G] and ``controls`` [K, F] where the network
            takes them.
        """
        if not 0 <= position < len(self):
            raise IndexError(position)
        draw = np.random.default_rng((self._seed, self._indices[position]))
        excerpts, shares = self._groups[draw.integers(len(self._groups))]
        excerpt = excerpts[int(np.searchsorted(shares, draw.random(), side="right"))]
        places = (excerpt.stop - excerpt.start - self._length - 1) // self._grid + 1
        start = self._grid * int(draw.integers(places))
        changed = self._changed(excerpt, start, self._indices[position])
        crop = self._cut(excerpt, start, changed)
        if self._corpus.styles:
            crop["style"] = self._style(self._corpus.styles, excerpt, changed, draw)
        if self._corpus.outlines:
            crop["controls"] = self._controls(
                changed.controls(self._length)
                if changed
                else self._corpus.outlines.of(excerpt, start, self._length),
                draw,
            )
        return crop

    def _changed(self, excerpt: Excerpt, start: int, index: int) -> Changed | None:
        """The sound of a crop after its augmentation, if it has one."""
        augmenter = self._corpus.augmenter
        if augmenter is None or not self._is_training:
            return None
        return augmenter(excerpt, start, self._length, Draw(self._seed, 0, index))

    def _cut(self, excerpt: Excerpt, start: int, changed: Changed | None) -> Crop:
        stop = self._length + 1
        whole = self._corpus.samples[excerpt]
        is_changed = changed is not None and changed.is_target_changed
        cut = changed.samples(stop) if changed and is_changed else whole[start : start + stop]
        # Values stay as they are; torch looks classes up by the widest whole numbers alone.
        samples: NDArray[np.generic] = cut if cut.dtype == np.float32 else cut.astype(np.int64)
        return {"samples": samples[:-1], "targets": samples[1 + self._shape.context :]}

    def _style(
        self, styles: Styles, excerpt: Excerpt, changed: Changed | None, draw: np.random.Generator
    ) -> NDArray[np.float32]:
        vectors = styles.vectors[excerpt]
        style = vectors[draw.integers(len(vectors))]
        if changed and changed.tells_style:
            style = changed.style(self._length)
        return self._noised(style, self._settings.style_noise, draw)

    def _controls(
        self, controls: NDArray[np.float32], draw: np.random.Generator
    ) -> NDArray[np.float32]:
        if self._is_training and draw.random() < self._settings.control_dropout:
            return np.zeros_like(controls)
        return self._noised(controls, self._settings.control_noise, draw)

    def _noised(
        self, values: NDArray[np.float32], spread: float, draw: np.random.Generator
    ) -> NDArray[np.float32]:
        noise = spread * draw.standard_normal(values.shape) if self._is_training else 0.0
        return np.asarray(values + noise, np.float32)


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
