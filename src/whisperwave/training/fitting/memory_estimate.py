"""How much memory a step will need, found out by a small one before the first.

One crop goes forward, and everything that is kept for its gradient is counted; it grows with the
batch. Beside it there are the weights, their gradients, what the optimiser keeps of each, the
average, and a checkpoint in the making.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from whisperwave.errors import TrainingError
from whisperwave.training.learning.autoregressive import NextSample

_KEPT_OF_A_WEIGHT = 1 + 1 + 2 + 1 + 3  # itself, gradient, two moments, average, a checkpoint of it
_MEGABYTE = 2**20
_CGROUPS = (  # the newer kind, and the older: limit, use, and the part of it that files fill
    ("/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file "),
    (
        "/sys/fs/cgroup/memory",
        "memory.limit_in_bytes",
        "memory.usage_in_bytes",
        "total_inactive_file ",
    ),
)


@dataclass(frozen=True)
class Estimate:
    """Bytes: of all that does not grow with the batch, and of each crop in it."""

    fixed: int
    per_crop: int

    def of(self, batch_size: int) -> int:
        """Bytes of a step."""
        return self.fixed + batch_size * self.per_crop

    def largest_batch(self, available: int) -> int:
        """The largest batch that fits; 0 if not even one crop does."""
        return max(0, (available - self.fixed) // max(1, self.per_crop))


def estimate(module: NextSample, batch: Mapping[str, Tensor]) -> Estimate:
    """Estimate a step from a batch of one crop."""
    kept: dict[int, int] = {}

    def count(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    weights = {p.untyped_storage().data_ptr() for p in module.parameters()}
    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        module.training_step(batch, 0)
    crop = sum(size for place, size in kept.items() if place not in weights)
    of_weights = sum(p.numel() * p.element_size() for p in module.network.parameters())
    return Estimate(_KEPT_OF_A_WEIGHT * of_weights, crop)


def available(accelerator: str) -> int | None:
    """Bytes that are free for a run on a device; None where the system does not say."""
    if accelerator == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    free = [of for of in (_free_of_machine(), _free_of_group()) if of is not None]
    return min(free, default=None)


def check(needed: Estimate, batch_size: int, free: int | None) -> None:
    """Refuse a step that will not fit, with the batch that would.

    Raises:
        TrainingError: ``OUT_OF_MEMORY``.
    """
    if free is None or needed.of(batch_size) <= free:
        return
    most = needed.largest_batch(free)
    remedy = f"Use trainer.batch_size={most}" if most else "Use a smaller data.crop or model"
    raise TrainingError(
        "OUT_OF_MEMORY",
        f"A step of {batch_size} crops needs about {needed.of(batch_size) // _MEGABYTE:,} MB; "
        f"{free // _MEGABYTE:,} MB are free.",
        f"{remedy}, or trainer.check_memory=false if you know better.",
    )


def _free_of_machine() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return None


def _free_of_group() -> int | None:
    """What the limit of a container leaves, where there is one."""
    for folder, limit, used, files in _CGROUPS:
        try:
            most, now = (int((Path(folder) / name).read_text()) for name in (limit, used))
            lines = (Path(folder) / "memory.stat").read_text().splitlines()
        except (OSError, ValueError):  # no such file, or "max"
            continue
        given_back = [int(line.split()[1]) for line in lines if line.startswith(files)]
        return most - now + sum(given_back)
    return None
