"""Ctrl-C that does not end a command where it stands: it waits, or asks for an end."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any, Self

_SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


@contextmanager
def ctrl_c_waits() -> Iterator[None]:
    """Within the block Ctrl-C waits until its end; for imports of PyTorch.

    Some of its C++ ends the whole program when an interruption is raised while it is loaded. Where
    Ctrl-C does something else, or nothing, it goes on doing that.

    Raises:
        KeyboardInterrupt: at the end, if Ctrl-C was pressed.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler:
        yield
        return
    pressed: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _frame: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt


class Signals:
    """Once something is playing, the first Ctrl-C asks it to stop, and the second interrupts.

    Before that, and after the block, signals do what they did. What is ignored stays so: under
    nohup a piece plays on when its terminal is closed.
    """

    def __init__(self) -> None:
        self.stop = Event()
        self._before: dict[int, Any] = {}

    def ask_to_stop(self) -> None:
        """Something is playing now. In the main thread, the only one that signals reach."""
        if self._before:
            return
        # All of them before the first of ours: a signal may come while the next line runs.
        self._before = {number: signal.getsignal(number) for number in _SIGNALS}
        for number, handler in self._before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, self._asked)

    def _asked(self, number: int, _frame: object) -> None:
        self.stop.set()
        signal.signal(number, self._before[number])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
