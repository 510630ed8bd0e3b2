"""Learn to predict the next sample: the bits that it takes to tell every target of a crop."""

import math
import time
from collections.abc import Mapping
from typing import Any, cast

import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from whisperwave.errors import TrainingError
from whisperwave.nn import Head
from whisperwave.training.adaptation import adapted
from whisperwave.training.settings import TrainerSettings


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
        self._optimiser_state: dict[str, Any] | None = None
        self.steps_before = 0
        self.seconds_before = 0.0
        self._started = time.monotonic()

    @property
    def step(self) -> int:
        """Steps taken, with those before the run was resumed."""
        return self.steps_before + self.global_step

    @property
    def seconds(self) -> float:
        """How long the run has taken, with what it took before it was resumed."""
        return self.seconds_before + time.monotonic() - self._started

    @property
    def progress(self) -> float:
        """How much of the run is done, 0 to 1, by steps or by minutes, whichever is further."""
        by_steps = self.step / self.settings.steps
        if self.settings.minutes is None:
            return min(1.0, by_steps)
        return min(1.0, max(by_steps, self.seconds / (60.0 * self.settings.minutes)))

    def training_step(self, batch: Mapping[str, Tensor], batch_index: int) -> Tensor:  # noqa: ARG002 # Lightning's signature
        """The loss of one batch; what is reported is its mean bits per sample."""
        parameters, head = _predicted(self.network, batch), _head(self.network)
        with torch.no_grad():
            self.log("bits", head.bits(parameters, batch["targets"]), on_step=True, logger=False)
        return head.loss(parameters, batch["targets"])

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Take the step, and follow the network with the averaged weights before anyone looks."""
        super().optimizer_step(*args, **kwargs)
        self.average.update_parameters(self.network)

    def validation_step(self, batch: Mapping[str, Tensor], batch_index: int) -> None:  # noqa: ARG002 # Lightning's signature
        """Bits per sample of held-out crops, by the averaged weights."""
        self.log("validation_bits", bits(self.average.module, batch), on_epoch=True, logger=False)

    def configure_optimizers(self) -> Any:
        """Adam with a warm-up and a cosine fall to zero over the run."""
        optimiser = torch.optim.Adam(
            self.network.parameters(), lr=self.settings.learning_rate, betas=(0.9, 0.99)
        )
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, self._rate)
        return {
            "optimizer": optimiser,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def memory(self) -> dict[str, Any]:
        """Everything a later run needs to go on from here."""
        return {
            "step": self.step,
            "seconds": self.seconds,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.trainer.optimizers[0].state_dict(),
            "random": torch.get_rng_state(),
        }

    def remember(self, state: Mapping[str, Any]) -> None:
        """Take up `memory`; the optimiser's part follows when Lightning has made one."""
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.steps_before, self.seconds_before = state["step"], state["seconds"]
        torch.set_rng_state(state["random"])
        self._optimiser_state = state["optimiser"]

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
        """Give the optimiser back what it had learned."""
        if self._optimiser_state is not None:
            self.trainer.optimizers[0].load_state_dict(self._optimiser_state)
            self._optimiser_state = None

    def _rate(self, step: int) -> float:
        warmup = min(1.0, (self.steps_before + step + 1) / self.settings.warmup_steps)
        return warmup * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * self.progress)))

    def _averaged(self, average: Tensor, current: Tensor, count: Tensor | int) -> Tensor:
        decay = min(self.settings.ema_decay, (1.0 + int(count)) / (10.0 + int(count)))
        return average + (1.0 - decay) * (current - average)


def bits(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    """Mean bits of a target's µ-law class, by which networks of every head are compared."""
    return _head(network).bits(_predicted(network, batch), batch["targets"])


def _predicted(network: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
    told = batch.get("style"), batch.get("controls")
    parameters: Tensor = network.predict(batch["samples"], *told)  # type: ignore[operator] # every family's method
    return parameters


def _head(network: nn.Module) -> Head:
    return cast("Head", network.head)
