import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def test_the_reference_page_is_what_the_commands_say():
    ran = subprocess.run(
        [sys.executable, PROJECT / "tools" / "cli_reference.py", "--check"], capture_output=True
    )
    assert ran.returncode == 0, ran.stdout.decode()
