"""The benchmark of generation runs, and its page says what its record holds."""

import json
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
RECORD = PROJECT / "benchmarks" / "results" / "generation_speed.json"


def test_the_page_is_what_the_record_says():
    tool = PROJECT / "tools" / "generation_speed_page.py"
    ran = subprocess.run([sys.executable, tool, "--check"], capture_output=True)
    assert ran.returncode == 0, ran.stdout.decode() + ran.stderr.decode()


def test_a_run_of_one_preset_ends_with_its_rows_and_leaves_the_record_alone():
    recorded = RECORD.read_bytes()
    script = PROJECT / "benchmarks" / "generation_speed.py"
    words = ["--preset", "calm", "--rounds", "1", "--seconds", "0.01", "--busy", "1", "--json"]
    ran = subprocess.run([sys.executable, script, *words], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    rows = json.loads(ran.stdout.splitlines()[-1])["rows"]
    asked = {"preset", "way", "precision", "threads", "streams", "samples_per_second"}
    assert all(asked | {"gmac_per_second", "busy"} <= row.keys() for row in rows)
    assert {row["preset"] for row in rows} == {"calm"}
    assert {row["busy"] for row in rows} == {0, 1}
    assert RECORD.read_bytes() == recorded
