"""From a folder of sounds to a verified model file.

Four ways in lie here: one run (`running`), many (`sweeping`), as jobs of a cluster (`launching`),
and one that is started again when it dies (`supervisor`). The rooms below them, upper ones first:
`tasks`, `trackers` and `fitting`; `artefacts`; `learning` and `material`; `processes`; `settings`.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whisperwave.training.running import run

__all__ = ["run"]


def __getattr__(name: str) -> Any:
    """Load torch and Lightning when a run is asked for; the supervisor lives without them."""
    if name != "run":
        raise AttributeError(f"{__name__!r} has no {name!r}")
    return importlib.import_module("whisperwave.training.running").run
