"""Being asked to stop: the step in hand is finished, a checkpoint is kept, then the run ends."""

import signal
import threading
from types import FrameType
from typing import Any

from lightning.pytorch import Callback, Trainer

from whisperwave.training.processes.ranks import Ranks

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption(Callback):
    """Hears Ctrl-C and the system's request to end, while it is entered.

    The first asks the run to stop after the step in hand, so that the weights that are kept are
    those of a whole step; a second ends the program at once, which no checkpoint minds. Outside the
    main thread, where Python delivers no signals, nothing is changed. Of several processes all stop
    when one was asked.

    Args:
        ranks: who else trains the run.
    """

    def __init__(self, ranks: Ranks) -> None:
        self.agreed = False
        self._ranks = ranks
        self._asked = False
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():
            self._previous = {each: signal.getsignal(each) for each in _SIGNALS}
            self._listen(self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        for each, previous in self._previous.items():
            signal.signal(each, previous)

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:  # noqa: ARG002 # Lightning's signature
        """Listen again: Lightning has put its own ears on."""
        if self._previous and not self._asked:
            self._listen(self._ask)

    def on_train_batch_end(self, trainer: Trainer, pl_module: Any, *_: Any, **__: Any) -> None:  # noqa: ARG002 # as above
        """Stop the run if that was asked."""
        if self.agree():
            trainer.should_stop = True

    def agree(self) -> bool:
        """Whether any process was asked to stop; all have to ask this at the same time."""
        self.agreed = self._ranks.any(self._asked)
        return self.agreed

    def _ask(self, _signal: int, _frame: FrameType | None) -> None:
        self._asked = True
        self._listen(signal.SIG_DFL)

    def _listen(self, handler: Any) -> None:
        for each in _SIGNALS:
            signal.signal(each, handler)
