"""How this process was launched: alone, or by torchrun as one of several that train one run."""

import os
from dataclasses import dataclass

from whisperwave.errors import ConfigError

_NAMES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")  # as torchrun tells them


@dataclass(frozen=True)
class Launched:
    """The number of this process among all, and among those of its machine."""

    rank: int = 0
    count: int = 1
    local_rank: int = 0
    local_count: int = 1

    @property
    def is_on_one_machine(self) -> bool:
        """Whether all processes are on this machine."""
        return self.local_count == self.count


def launched() -> Launched:
    """What the environment says of this process; alone, where it does not say all."""
    told = [os.environ.get(name, "") for name in _NAMES]
    return Launched(*map(int, told)) if all(each.isdigit() for each in told) else Launched()


def check_alone(asked: str) -> None:
    """Refuse what one process does by itself.

    Raises:
        ConfigError: ``ONE_PROCESS``, there are several.
    """
    count = launched().count
    if count > 1:
        raise ConfigError(
            "ONE_PROCESS", f"{asked} is for one process; torchrun has started {count}.",
            "Run it as whisperwave train, without torchrun.",
        )  # fmt: skip
