"""The benchmark of generation runs, and its page says what its record holds."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
RECORD = PROJECT / "benchmarks" / "results" / "generation_speed.json"


def test_the_page_is_what_the_record_says():
    tool = PROJECT / "tools" / "generation_speed_page.py"
    ran = subprocess.run([sys.executable, tool, "--check"], capture_output=True)
    assert ran.returncode == 0, ran.stdout.decode() + ran.stderr.decode()


WORDS = ["--preset", "calm", "--rounds", "1", "--seconds", "0.01", "--busy", "1", "--json"]
SCRIPT = [sys.executable, str(PROJECT / "benchmarks" / "generation_speed.py")]
COMMAND = [sys.executable, "-m", "whisperwave", "bench", "generation"]


def run(words: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True)


@pytest.mark.parametrize("way_in", [SCRIPT, COMMAND], ids=["script", "command"])
def test_a_run_of_one_preset_ends_with_its_rows_and_leaves_the_record_alone(way_in, tmp_path):
    recorded, kept = RECORD.read_bytes(), tmp_path / "kept.json"
    ran = run([*way_in, *WORDS, "--output", str(kept)])
    assert ran.returncode == 0, ran.stderr
    result = json.loads(ran.stdout)
    asked = {"preset", "way", "precision", "threads", "streams", "samples_per_second"}
    assert all(asked | {"gmac_per_second", "busy"} <= row.keys() for row in result["rows"])
    assert {row["preset"] for row in result["rows"]} == {"calm"}
    assert {row["busy"] for row in result["rows"]} == {0, 1}
    assert all(row["samples_per_second"] > 0 for row in result["rows"])
    assert json.loads(kept.read_text("utf-8")) == result
    assert RECORD.read_bytes() == recorded


def test_without_json_a_person_gets_a_table():
    ran = run([*COMMAND, "--preset", "calm", "--rounds", "1", "--seconds", "0.001"])
    assert ran.returncode == 0, ran.stderr
    heading, *lines = ran.stdout.splitlines()
    assert heading.split()[:2] == ["preset", "way"]
    assert all(line.startswith("calm") for line in lines)
    assert sum("int8" in line for line in lines) == 6


@pytest.mark.parametrize(
    ("words", "code", "value"),
    [
        (["--preset", "loud"], "UNKNOWN_PRESET", "'loud'"),
        (["--rounds", "0"], "OUT_OF_RANGE", "rounds 0"),
        (["--seconds", "nan"], "OUT_OF_RANGE", "seconds nan"),
        (["--busy", "-1"], "OUT_OF_RANGE", "busy -1"),
    ],
)
def test_what_cannot_be_measured_is_refused_by_name(words, code, value):
    ran = run([*COMMAND, *words, "--json"])
    assert ran.returncode == 2
    error = json.loads(ran.stderr)["error"]
    assert error["code"] == code
    assert value in error["message"]
