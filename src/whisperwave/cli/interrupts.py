"""Ctrl-C where it must not come at any moment."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


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
