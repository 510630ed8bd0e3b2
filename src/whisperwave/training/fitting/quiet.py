"""Lightning without its advertisements and without warnings about its own insides."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_NOT_OURS = (
    r"`isinstance\(treespec, LeafSpec\)` is deprecated",  # Lightning 2.6 on torch 2.13
    r".*does not have many workers",  # our crops are made in less time than a step's first layer
    r".*`max_epochs` was not set",
)


@contextmanager
def quiet() -> Iterator[None]:
    """Silence what a user can do nothing about; everything else is still heard."""
    logger = logging.getLogger("lightning.pytorch")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            for message in _NOT_OURS:
                warnings.filterwarnings("ignore", message=message)
            yield
    finally:
        logger.setLevel(level)
