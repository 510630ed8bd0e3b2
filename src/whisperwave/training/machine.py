"""What the bits of a run depend on beside its settings and its data: the machine it runs on.

Sums are split by threads and by the width of the vector registers, so another number of threads,
instruction set, device or version of torch gives other last bits. The number of processors does not
matter.
"""

import platform
from collections.abc import Mapping
from typing import Any

import torch

_NAMES = {
    "threads": "threads",
    "instruction_set": "instruction set",
    "device": "device",
    "torch": "torch",
}


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


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Why the bits may differ from those of a machine that was described before; empty if not."""
    return [
        f"{name} {before.get(key)} then, {now[key]} now"
        for key, name in _NAMES.items()
        if before.get(key) != now[key]
    ]
