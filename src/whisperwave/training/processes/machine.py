"""What the bits of a run depend on beside its settings and its data: the machine it runs on.

Sums are split by threads and by the width of the vector registers, so another number of threads,
instruction set, device or version of torch gives other last bits, and so does another number of
processes that share a batch. The number of processors does not matter.
"""

import os
import platform
from collections.abc import Mapping
from typing import Any

import torch

_NAMES = {
    "threads": "threads",
    "instruction_set": "instruction set",
    "device": "device",
    "torch": "torch",
    "ranks": "processes",
}
_UNSAID = {"ranks": 1}  # by manifests of before there could be several


def describe(accelerator: str) -> dict[str, Any]:
    """What decides the bits here, and the machine's name, as a manifest has them."""
    named = torch.cuda.get_device_name() if accelerator == "cuda" else accelerator
    return {
        "threads": torch.get_num_threads(),
        "instruction_set": torch.backends.cpu.get_cpu_capability(),
        "device": named,
        "torch": torch.__version__,
        "host": platform.node(),
    }


def threads_each(processes: int) -> int:
    """How many threads each of several processes of this machine takes.

    A number that the environment asks for holds, unless it is the 1 that torchrun sets itself.
    """
    asked = os.environ.get("OMP_NUM_THREADS", "1")
    if asked.isdigit() and int(asked) > 1:
        return int(asked)
    return max(1, _processors() // processes)


def _processors() -> int:
    """How many there are for this process."""
    allowed = getattr(os, "sched_getaffinity", None)  # of Linux alone
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Why the bits may differ from those of a machine that was described before; empty if not."""
    return [
        f"{name} {then} then, {now[key]} now"
        for key, name in _NAMES.items()
        if (then := before.get(key, _UNSAID.get(key))) != now[key]
    ]
