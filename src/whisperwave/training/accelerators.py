"""Which device computes a run, and why it is not the one that was asked for."""

import torch


def choose(asked: str) -> tuple[str, str]:
    """The accelerator to use, and a sentence where it is not the one asked for.

    Args:
        asked: ``auto`` takes the fastest there is; ``cuda`` and ``mps`` fall back to ``cpu``.
    """
    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if asked == "auto":
        return next(name for name, is_there in there.items() if is_there), ""
    if there[asked]:
        return asked, ""
    return "cpu", f"torch finds no {asked} device here"
