"""What a run sounds like so far: a few seconds by the engine, and the run's curves, as files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from lightning.pytorch import Callback, Trainer

from whisperwave import runtimes
from whisperwave.datasets import Excerpt
from whisperwave.errors import WhisperwaveError
from whisperwave.generation.retelling import play_along
from whisperwave.generation.tags import tags_for
from whisperwave.generation.writing import write_sound
from whisperwave.reports import write_spectrogram_png
from whisperwave.reports.histories import report as report_of
from whisperwave.training.artefacts.export import describe
from whisperwave.training.artefacts.journal import Report
from whisperwave.training.artefacts.place import RunPlace
from whisperwave.training.learning.autoregressive import NextSample
from whisperwave.training.material.preparation import Prepared


class Previewer(Callback):
    """After each look at held-out sound, lets the averaged weights play, and draws the run.

    A preview that fails is told of, and costs nothing but itself.
    """

    def __init__(self, place: RunPlace, prepared: Prepared, report: Report) -> None:
        self._place = place
        self._prepared = prepared
        self._seconds = prepared.settings.trainer.preview_seconds
        self._report = report

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *_: Any, **__: Any) -> None:  # noqa: ARG002 # Lightning's signature
        """Preview when it was looked."""
        if not pl_module.record.fresh or not self._seconds:
            return
        try:
            files = [str(path) for path in self._made(pl_module)]
        except (WhisperwaveError, OSError) as error:
            told = {"event": "preview_failed", "step": pl_module.step}
            self._report(told | {"message": str(error)})
            return
        if files:  # text is not heard
            self._report({"event": "preview", "step": pl_module.step, "files": files})

    def _made(self, module: NextSample) -> Iterator[Path]:
        signature = self._prepared.signature
        if signature.outputs[0].role == "audio":
            folder = self._place.previews
            folder.mkdir(exist_ok=True)
            excerpt = heard_in_previews(self._prepared)
            model = describe(module.average.module, self._prepared, {"steps": module.step})
            heard = self._prepared.sounds.part(excerpt, 0, self._length(excerpt))
            mono = heard if heard.ndim == 1 else np.asarray(heard.mean(axis=0), np.float32)
            audio = play_along(runtimes.load(model), model, mono, excerpt.group)
            path = folder / f"step-{module.step:07d}.wav"
            told = tags_for(self._place.name, "float32", 0, excerpt.group or "preview")
            write_sound(path, [np.atleast_2d(audio)], audio.ndim, signature.sample_rate, told, 0)
            write_spectrogram_png(path.with_suffix(".png"), audio, signature.sample_rate)
            yield from (path, path.with_suffix(".png"))
        report_of([self._place.folder]).write(self._place.report)

    def _length(self, excerpt: Excerpt) -> int:
        rate = self._prepared.signature.sample_rate
        return min(round(self._seconds * rate), excerpt.stop - excerpt.start)


def heard_in_previews(prepared: Prepared) -> Excerpt:
    """The sound that all previews of a run are steered by: a held-out one, if there is any."""
    return (prepared.sounds.of("validation") or prepared.sounds.of("train"))[0]
