"""Where a run lies, and what is in its folder."""

import datetime
from dataclasses import dataclass
from pathlib import Path

from whisperwave.training.settings.run import RunSettings

RUNS = Path("runs")


@dataclass(frozen=True)
class RunPlace:
    """The folder of one run; ``name`` is its model file's."""

    folder: Path
    name: str

    @property
    def checkpoints(self) -> Path:
        """The folder of the run's memory."""
        return self.folder / "checkpoints"

    @property
    def snapshots(self) -> Path:
        """The folder of model files along the way."""
        return self.folder / "snapshots"

    @property
    def previews(self) -> Path:
        """The folder of sounds and pictures along the way."""
        return self.folder / "previews"

    @property
    def report(self) -> Path:
        """The folder of the run's report, drawn anew at each look at held-out sound."""
        return self.folder / "report"

    @property
    def troubles(self) -> Path:
        """The folder of what was found about steps that were not finite."""
        return self.folder / "troubles"

    @property
    def log(self) -> Path:
        """The run's log, a JSON object a line."""
        return self.folder / "log.jsonl"

    @property
    def model(self) -> Path:
        """The model file that the run ends with."""
        return self.folder / f"{self.name}.safetensors"


def find(settings: RunSettings, today: datetime.date | None = None) -> RunPlace:
    """The folder that a run goes on in, or begins in.

    Where the settings name a ``folder``, it is that. Else the newest run of the name that has not
    ended is gone on with; if there is none, a new one begins under the date of today.
    """
    name = settings.name
    if settings.folder is not None:
        return RunPlace(Path(settings.folder) / name, name)
    dated = sorted(RUNS.glob(f"[0-9]*-[0-9]*-[0-9]*/{name}*"))
    same = [path for path in dated if path.name == name or _is_numbered(path.name, name)]
    for path in reversed(same):
        if not RunPlace(path, name).model.exists():
            return RunPlace(path, name)
    day = RUNS / (today or datetime.datetime.now().astimezone().date()).isoformat()
    taken = sum(path.parent == day for path in same)
    return RunPlace(day / (f"{name}-{taken + 1}" if taken else name), name)


def _is_numbered(folder: str, name: str) -> bool:
    return folder.startswith(f"{name}-") and folder[len(name) + 1 :].isdigit()
