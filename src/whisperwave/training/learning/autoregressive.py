"""Learn to predict the next sample: the bits that it takes to tell every target of a crop."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel

from whisperwave.errors import TrainingError
from whisperwave.nn import Head
from whisperwave.training.learning import optimisers, phases, randomness
from whisperwave.training.learning.adaptation import adapted
from whisperwave.training.learning.guard import gradient_norm
from whisperwave.training.learning.phases import freeze, phase_at
from whisperwave.training.learning.schedules import rate
from whisperwave.training.learning.tally import Tally
from whisperwave.training.processes.ranks import ALONE
from whisperwave.training.settings.trainer import Phase, TrainerSettings

SCORES = ("bits", "accuracy")


@dataclass
class Record:
    """How well held-out sound was foretold: bits per sample, and how often in vain since the best.

    ``fresh`` says that the last look was after the step just taken.
    """

    last: float | None = None
    fresh: bool = False
    best: float | None = None
    best_step: int = 0
    in_vain: int = 0

    def note(self, bits: float, step: int) -> bool:
        """Note one look; returns whether it is the best so far."""
        self.last, self.fresh = bits, True
        better = self.best is None or bits < self.best
        if better:
            self.best, self.best_step = bits, step
        self.in_vain = 0 if better else self.in_vain + 1
        return better


class NextSample(LightningModule):
    """An autoregressive network, its averaged weights, and how both learn.

    Args:
        network: has ``predict(samples, style, controls) -> B A T`` and a ``head``.
        settings: rates and durations.
    """

    def __init__(self, network: nn.Module, settings: TrainerSettings) -> None:
        super().__init__()
        self.network = network
        self.settings = settings
        # Averaged weights generate better than the last ones; a short memory at first lets them
        # forget the random start.
        self.average = AveragedModel(network, avg_fn=self._averaged)
        self.step = 0
        self.figures: dict[str, float] = {}  # of the step just taken
        self.tally = Tally()  # of the scores, over the steps that the next line of the log tells of
        self.record = Record()
        self.rate_scale = 1.0  # lowered when a run had to be rolled back
        self.ranks = ALONE  # who else takes the steps
        self.seconds = 0.0  # that the run has taken, up to the step in hand, over all its starts
        self._seconds_before = 0.0
        self._started = time.monotonic()
        self._loss: Tensor
        self._phase = Phase()
        freeze(network, settings, self._phase)
        self._optimiser_state: dict[str, Any] | None = None
        self._chance: dict[str, Any] | None = None

    @property
    def is_done(self) -> bool:
        """Whether the run has come to its end, by steps, by the clock, or by its patience."""
        patience = self.settings.patience
        return self.progress >= 1.0 or (patience is not None and self.record.in_vain >= patience)

    @property
    def progress(self) -> float:
        """How much of the run is done, 0 to 1, by steps or by minutes, whichever is further."""
        by_steps = self.step / self.settings.last_step
        if self.settings.minutes is None:
            return min(1.0, by_steps)
        return min(1.0, max(by_steps, self.seconds / (60.0 * self.settings.minutes)))

    def on_train_batch_start(self, batch: Any, batch_index: int) -> None:  # noqa: ARG002 # Lightning's signature
        """Enter the phase that this step belongs to."""
        phase = phase_at(self.settings, self.step)
        if phase != self._phase:
            freeze(self.network, self.settings, phase)
            self._phase = phase

    def training_step(self, batch: Mapping[str, Tensor], batch_index: int) -> Tensor:  # noqa: ARG002 # Lightning's signature
        """The loss of one batch; what is reported is its mean bits per sample."""
        parameters, head = _predicted(self.network, batch), _head(self.network)
        priced = head.bits if self._phase.loss == "classes" else head.loss
        loss = priced(parameters, batch["targets"])
        with torch.no_grad():
            self.figures = {
                "bits": float(head.bits(parameters, batch["targets"])),
                "accuracy": float(head.accuracy(parameters, batch["targets"])),
            }
        self._loss = loss.detach()
        return loss

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Refuse a gradient that is not finite, shorten one that is too long, set the rate.

        Raises:
            NotFinite: before anything of the step was taken.
        """
        self._meet()
        norm = gradient_norm(self.network, self._loss, self.step)
        clip = self.settings.gradient_clip
        if clip is not None:
            torch.nn.utils.clip_grads_with_norm_(self.network.parameters(), clip, norm)
        now = rate(self.settings, self.step, self.progress) * self._phase.rate * self.rate_scale
        for group in optimizer.param_groups:
            group["lr"] = now
        self.figures |= {"gradient_norm": float(norm), "learning_rate": now}

    def _meet(self) -> None:
        """Take the means of all processes for the gradient and what is told, and the first's clock.

        What is not finite in one is then finite in none, and all go back together.
        """
        parameters = self.network.parameters()
        self.ranks.average([p.grad for p in parameters if p.grad is not None])
        here = torch.tensor([float(self._loss), *(self.figures[name] for name in SCORES)],
                            dtype=torch.float64)  # fmt: skip
        self.ranks.average([here])
        self._loss, *figures = here.unbind()
        self.figures = dict(zip(SCORES, map(float, figures), strict=True))
        seconds = self._seconds_before + time.monotonic() - self._started
        told = torch.tensor(seconds if self.ranks.is_first else 0.0, dtype=torch.float64)
        self.seconds = float(self.ranks.sum(told))

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Take the step, and follow the network with the averaged weights before anyone looks."""
        super().optimizer_step(*args, **kwargs)
        self.average.update_parameters(self.network)
        if self.step % self.settings.report_steps == 0:
            self.tally = Tally()
        self.tally.add({name: self.figures[name] for name in SCORES})
        self.step += 1

    def configure_optimizers(self) -> Optimizer:
        """The optimiser that the settings name; its rate is set anew for each step."""
        return optimisers.build(self.network.parameters(), self.settings)

    def memory(self) -> dict[str, Any]:
        """Everything a later run needs to go on from here."""
        started = self._optimiser_state or self.trainer.optimizers[0].state_dict()
        return {
            "step": self.step,
            "seconds": self.seconds,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": started,
            "record": asdict(self.record),
            "tally": asdict(self.tally),
            "rate_scale": self.rate_scale,
            "random": randomness.capture(),
        }

    def remember(self, state: Mapping[str, Any]) -> None:
        """Take up `memory`; the optimiser and chance follow when the steps begin."""
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.step = state["step"]
        self.seconds = self._seconds_before = state["seconds"]
        self._started = time.monotonic()
        self.record = Record(**state["record"])
        self.tally = Tally(**state.get("tally", {}))  # older checkpoints have none
        self.rate_scale = state["rate_scale"]
        self._optimiser_state = state["optimiser"]
        self._chance = state["random"]

    def start_from(self, weights: Mapping[str, Tensor]) -> list[str]:
        """Begin a new run at the weights of an earlier one.

        They must fit, but for what `adapted` knows how to fit.

        Returns:
            The names of the weights that are not those of the earlier network.

        Raises:
            TrainingError: ``WARM_START_MISMATCH``, they are of a network of another shape.
        """
        weights, fresh = adapted(weights, self.network.state_dict())
        try:
            self.network.load_state_dict(weights)
        except RuntimeError as error:
            raise TrainingError(
                "WARM_START_MISMATCH",
                f"The weights are those of another network: {str(error).splitlines()[-1].strip()}",
                "Use the model settings that they were trained with.",
            ) from error
        self.average.module.load_state_dict(weights)
        return list(fresh)

    def on_train_start(self) -> None:
        """Give the optimiser back what it had learned, and chance its place.

        Whatever came before, such as the estimate of memory, may have drawn from it.
        """
        if self._chance is not None:
            randomness.restore(self._chance)
            self._chance = None
        if self._optimiser_state is not None:
            self.trainer.optimizers[0].load_state_dict(self._optimiser_state)
            self._optimiser_state = None

    def _averaged(self, average: Tensor, current: Tensor, count: Tensor | int) -> Tensor:
        decay = min(self.settings.ema_decay, (1.0 + int(count)) / (10.0 + int(count)))
        return average + (1.0 - decay) * (current - average)


def scores(network: nn.Module, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """How well a batch is foretold, in numbers by which networks of every head are compared.

    ``bits`` are mean bits of a target's µ-law class, ``accuracy`` is the share of targets whose
    class was held the likeliest.
    """
    parameters, head = _predicted(network, batch), _head(network)
    targets = batch["targets"]
    return {"bits": head.bits(parameters, targets), "accuracy": head.accuracy(parameters, targets)}


def build(network: nn.Module, settings: TrainerSettings) -> NextSample:
    """The module that learns by this task.

    Raises:
        ConfigError: a pattern of ``freeze`` matches nothing, or all.
    """
    phases.check(network, settings)
    return NextSample(network, settings)


def _predicted(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    told = batch.get("style"), batch.get("controls")
    parameters: Tensor = network.predict(batch["samples"], *told)  # type: ignore[operator] # every family's method
    return parameters


def _head(network: nn.Module) -> Head:
    return cast("Head", network.head)
