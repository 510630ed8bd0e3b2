"""Which device computes a run, and why it is not the one that was asked for."""

import torch


def choose(asked: str, count: int = 1) -> tuple[str, str]:
    """The accelerator to use, and a sentence where it is not the one asked for.

    Args:
        asked: ``auto`` takes the fastest there is; ``cuda`` and ``mps`` fall back to ``cpu``.
        count: how many devices are needed; only ``cuda`` has several.
    """
    there = {
        "cuda": torch.cuda.is_available() and (count == 1 or torch.cuda.device_count() >= count),
        "mps": torch.backends.mps.is_available() and count == 1,
        "cpu": True,
    }
    if asked == "auto":
        return next(name for name, is_there in there.items() if is_there), ""
    if there[asked]:
        return asked, ""
    wanted = f"{asked} device" if count == 1 else f"{count} {asked} devices"
    return "cpu", f"torch finds no {wanted} here"
