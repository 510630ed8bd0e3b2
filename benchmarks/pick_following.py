"""Does a piece follow its picks: three at random, two in changing shares, and kinds never heard?

    python benchmarks/pick_following.py [--model calm] [--json]

Distances are those of the texture judge: root mean square of the texture statistics, each in units
of its spread over the library.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

import records
import unseen_sounds
from whisperwave.datasets.levelling import levelled
from whisperwave.dsp.features.texture import texture_statistics
from whisperwave.generation.evaluation.protocol import Subject, excerpt, subjects
from whisperwave.generation.instrument import Instrument, ready
from whisperwave.generation.material import Material
from whisperwave.generation.picks import Pick
from whisperwave.generation.playing import play
from whisperwave.library import open_library
from whisperwave.reports.metrics import standardised_distances
from whisperwave.runtimes import Sampling
from whisperwave.starter import DEFAULT_MODEL

Floats = NDArray[np.float32]

SECONDS = 8.0
TRIPLES, PAIRS, SEEDS = 24, 12, (1, 2, 3, 4, 5)
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


class Ruler:
    """How far a sound is from each of the clips."""

    def __init__(self, clips: Sequence[Material], sample_rate: int) -> None:
        self._rate = sample_rate
        self._rows = np.stack([self._heard(each.audio) for each in clips])
        self._spread = self._rows.std(axis=0)

    def __call__(self, audio: Floats) -> NDArray[np.float64]:
        """Distances ``[N]`` of a sound ``[T]`` from all of them."""
        row = self._heard(audio)[np.newaxis]
        return np.asarray(standardised_distances(row, self._rows, self._spread)[0])

    def _heard(self, audio: Floats) -> Floats:
        return texture_statistics(excerpt(audio, self._rate, SECONDS), self._rate)


def played(instrument: Instrument, clips: Sequence[Material], seed: int) -> Floats:
    """Some seconds in the style of the clips."""
    return play(instrument, clips, round(SECONDS * instrument.sample_rate), Sampling(), seed).audio


def shared(clip: Material, share: float) -> Material:
    """The same clip with another share."""
    return Material(clip.pick, share, clip.audio, clip.style)


def follow_three(
    instrument: Instrument, clips: Sequence[Material], ruler: Ruler, seed: int
) -> dict[str, Any]:
    """Three clips of three kinds: which part of the others is further away than they are?

    Of the piece, and of the three real clips mixed: a mixture is near to none of its parts.
    """
    rng = np.random.default_rng(seed)
    kinds = rng.choice(sorted({each.style for each in clips}), 3, replace=False)
    chosen = [rng.choice([i for i, c in enumerate(clips) if c.style == kind]) for kind in kinds]
    audio = played(instrument, [shared(clips[i], 1 / 3) for i in chosen], seed)
    heard = [excerpt(clips[i].audio, instrument.sample_rate, SECONDS) for i in chosen]
    length = min(len(each) for each in heard)
    mix = np.sum([each[:length] for each in heard], axis=0)
    row: dict[str, Any] = {"picks": [clips[i].pick.number for i in chosen]}
    for name, sound in (("piece", audio), ("real_mix", mix)):
        distances = ruler(sound)
        others, picks = np.delete(distances, chosen), distances[chosen]
        row[f"{name}_nearest_pick"] = float(np.mean(others > picks.min()))
        row[f"{name}_mean_of_picks"] = float(np.mean(others > picks.mean()))
    return row


def blend(
    instrument: Instrument, clips: Sequence[Material], ruler: Ruler, seed: int
) -> dict[str, Any]:
    """Two clips of two kinds: does more of the one bring the piece nearer to it?"""
    rng = np.random.default_rng((seed, 2))
    kinds = rng.choice(sorted({each.style for each in clips}), 2, replace=False)
    one, two = (rng.choice([i for i, c in enumerate(clips) if c.style == kind]) for kind in kinds)
    nearer = []
    for share in SHARES:
        parts = [(clips[two], 1.0 - share), (clips[one], share)]
        heard = [shared(clip, part) for clip, part in parts if part > 0.0]
        distances = ruler(played(instrument, heard, seed))
        nearer.append(float(distances[two] - distances[one]))
    return {
        "picks": [clips[one].pick.number, clips[two].pick.number],
        "nearer_to_the_first": [round(value, 4) for value in nearer],
        "monotone": bool(np.all(np.diff(nearer) > 0.0)),
        "steps_in_order": float(np.mean(np.diff(nearer) > 0.0)),
    }


def unseen(
    instrument: Instrument, found: Sequence[Subject], kind: str, seed: int
) -> dict[str, Any]:
    """A kind that is neither in the library nor in the training material."""
    rate = instrument.sample_rate
    made = [Material(Pick(i + 1), 0.5, levelled(x), kind)
            for i, x in enumerate(unseen_sounds.clips(kind, rate))]  # fmt: skip
    held_out = [each for subject in found for each in subject.held_out] + made[2:]
    distances = Ruler(held_out, rate)(played(instrument, made[:2], seed))
    return {"kind": kind, "seed": seed, "nearest": held_out[int(np.argmin(distances))].style}


def side_by_side(work: Callable[[Any], dict[str, Any]], tasks: Sequence[Any]) -> list[Any]:
    """One result for each task, as many at once as there are processors."""
    with ThreadPoolExecutor() as pool:
        return list(pool.map(work, tasks))


def measured(instrument: Instrument, found: Sequence[Subject]) -> dict[str, Any]:
    """All three answers, JSON-ready."""
    clips = [each for subject in found for each in (*subject.picked, *subject.held_out)]
    ruler = Ruler(clips, instrument.sample_rate)
    threes = side_by_side(lambda n: follow_three(instrument, clips, ruler, n), range(TRIPLES))
    blends = side_by_side(lambda n: blend(instrument, clips, ruler, n), range(PAIRS))
    tasks = [(kind, seed) for kind in unseen_sounds.KINDS for seed in SEEDS]
    strangers = side_by_side(lambda task: unseen(instrument, found, *task), tasks)
    return {
        "triples": {
            **{name: _mean(threes, name) for name in threes[0] if name != "picks"},
            "rows": threes,
        },
        "blends": {
            "monotone": _mean(blends, "monotone"),
            "steps_in_order": _mean(blends, "steps_in_order"),
            "rows": blends,
        },
        "unseen": {
            "nearest_to_own": float(np.mean([row["nearest"] == row["kind"] for row in strangers])),
            "rows": strangers,
        },
    }


def main() -> int:
    """Print the answers, write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    instrument = ready(options.model)
    with open_library() as library:
        found = subjects(library, instrument.sample_rate)
    result = {
        "question": "Does a piece follow its picks?",
        "model": instrument.identity,
        "seconds": SECONDS,
        **measured(instrument, found),
    }
    records.save("pick_following", result)
    summary = {
        name: {key: value for key, value in result[name].items() if key != "rows"}
        for name in ("triples", "blends", "unseen")
    }
    sys.stdout.write(json.dumps(result if options.json else summary, indent=2) + "\n")
    return 0


def _mean(rows: Sequence[dict[str, Any]], name: str) -> float:
    return round(float(np.mean([row[name] for row in rows])), 4)


if __name__ == "__main__":
    sys.exit(main())
