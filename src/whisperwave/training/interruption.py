"""Ctrl-C during training: the step in hand is finished, a checkpoint is kept, then the run ends."""

import signal
import threading
from types import FrameType
from typing import Any

from lightning.pytorch import Callback, Trainer


class Interruption(Callback):
    """Hears Ctrl-C while it is entered.

    The first asks the run to stop after the step in hand, so that the weights that are kept are
    those of a whole step; a second ends the program at once. Outside the main thread, where Python
    delivers no signals, nothing is changed.
    """

    def __init__(self) -> None:
        self.asked = False
        self._previous: Any = None

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():
            self._previous = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        if self._previous is not None:
            signal.signal(signal.SIGINT, self._previous)

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *_: Any, **__: Any) -> None:  # noqa: ARG002 # Lightning's signature
        """Stop the run if that was asked."""
        if self.asked:
            trainer.should_stop = True

    def _ask(self, _signal: int, _frame: FrameType | None) -> None:
        self.asked = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
