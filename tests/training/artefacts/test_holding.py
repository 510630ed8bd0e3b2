import signal
import subprocess
import sys
from pathlib import Path

import pytest

from whisperwave.errors import OutputError, TrainingError
from whisperwave.training.artefacts.holding import hold

HOLDER = """
import sys, time
from pathlib import Path
from whisperwave.training.artefacts.holding import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_c17_a_second_trainer_is_refused_with_the_name_of_the_first(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(TrainingError, match=f"RUN_LOCKED.*process {holder.pid} on "), hold(
            tmp_path
        ):  # fmt: skip
            pass
        holder.send_signal(signal.SIGKILL)
    with hold(tmp_path):  # the killed one holds it no longer
        pass


def test_a_run_that_has_ended_is_free_for_the_next(tmp_path: Path) -> None:
    for _ in range(2):
        with hold(tmp_path / "new"):
            assert (tmp_path / "new").is_dir()


def test_a_place_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=str(tmp_path)), hold(tmp_path / "file" / "run"):
        pass
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
