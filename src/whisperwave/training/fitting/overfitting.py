"""The self-test: a network that cannot learn one clip by heart cannot learn at all."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.dsp.companding import mulaw_encode
from whisperwave.training.artefacts.journal import Report
from whisperwave.training.learning.autoregressive import NextSample
from whisperwave.training.material.feeding import Feed
from whisperwave.training.material.preparation import Prepared

LEARNED = 0.5  # of the bits that the clip's own histogram needs
_YARDSTICK = 256


@dataclass(frozen=True)
class Verdict:
    """Bits per sample of the clip: before, after, and what its histogram alone needs."""

    bits_before: float
    bits_after: float
    histogram_bits: float
    steps: int

    @property
    def learns(self) -> bool:
        """Whether the network has learned what no histogram knows."""
        return self.bits_after < LEARNED * min(self.histogram_bits, self.bits_before)


def overfit(module: NextSample, prepared: Prepared, report: Report) -> Verdict:
    """Learn the first training crop alone, step after step, until it is known or time is up.

    Args:
        module: fresh, or at the start of a run.
        prepared: what it would hear.
        report: is told the figures of every few steps, and the verdict.

    Raises:
        NotFinite: it diverged.
    """
    settings = prepared.settings.trainer
    crop = prepared.crops("train", range(1), settings.seed)
    (batch,) = list(Feed(crop, 1, 0, report))
    optimiser = module.configure_optimizers()
    histogram = entropy(_classes(batch["targets"].numpy()))
    before = None
    while module.step < settings.last_step:
        optimiser.zero_grad()
        module.training_step(batch, 0).backward()
        module.on_before_optimizer_step(optimiser)
        optimiser.step()
        module.step += 1
        before = module.figures["bits"] if before is None else before
        verdict = Verdict(before, module.figures["bits"], histogram, module.step)
        if module.step % settings.report_steps == 0:
            report({"event": "overfit_step", "step": module.step, **module.figures})
        if verdict.bits_after < 0.5 * LEARNED * histogram:
            break
    report({"event": "overfit", **asdict(verdict), "learns": verdict.learns})
    return verdict


def entropy(classes: NDArray[np.integer]) -> float:
    """Bits per class of the histogram of classes."""
    counts = np.bincount(classes.ravel())
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum())


def _classes(targets: NDArray[np.generic]) -> NDArray[np.integer]:
    if targets.dtype == np.float32:
        return mulaw_encode(targets.astype(np.float32), _YARDSTICK)
    return targets.astype(np.int64)
