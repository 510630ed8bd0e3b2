"""The engine's own tests, built with other flags or for another processor, and what they say."""

import json
import os
import re
import subprocess
import time
from collections.abc import Container, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from whisperwave.library import durable

ROOT = Path(__file__).parents[2]
BUILDS = ROOT / "build"
RESULTS = ROOT / "benchmarks" / "results"
HANDFUL = ("-DWHISPERWAVE_TESTS=ON", "-DWHISPERWAVE_HANDFUL=ON")
WORKERS = os.cpu_count() or 1
FINDING = re.compile(
    r"^(?:FAILED: |SUMMARY: |FATAL: |.*runtime error: |.*Assertion ).*", re.MULTILINE
)
LIMIT_SECONDS = 900.0


class BuildError(Exception):
    """A build that did not succeed; its text is what the tools said."""


@dataclass(frozen=True)
class Build:
    """One way to build the engine and its tests: the options that CMake gets beside HANDFUL."""

    name: str
    options: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where it is built."""
        return BUILDS / self.name

    def make(self) -> None:
        """Build everything in it; what is built already stays. Raises BuildError."""
        where = ["-S", str(ROOT), "-B", str(self.folder), "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"]
        self._call("cmake", *where, *HANDFUL, *self.options)
        self._call("cmake", "--build", str(self.folder), "--parallel", str(WORKERS))

    def programs(self) -> dict[str, list[str]]:
        """The command of every test, by its name; an emulator is part of it."""
        text = self._call("ctest", "--test-dir", str(self.folder / "engine"), "--show-only=json-v1")
        return {test["name"]: test["command"] for test in json.loads(text)["tests"]}

    def flags(self) -> str:
        """How the compiler was called for a file of the engine, without names of files."""
        commands = json.loads((self.folder / "compile_commands.json").read_text())
        (command,) = (each["command"] for each in commands if "wavenet_model" in each["file"])
        words = re.sub(r" -(o|c|I|MF|MT) ?\S+", "", command).split()[1:]
        return " ".join(word for word in words if word not in {"-MD", "-c"})

    def run(self, command: Sequence[str]) -> tuple[dict[str, Any], str]:
        """Run a program of it: whether it passed, its seconds and findings; and what it said."""
        began = time.monotonic()
        try:
            done = subprocess.run(
                command, env=os.environ | self.environment, cwd=self.folder, check=False,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT_SECONDS,
            )  # fmt: skip
            passed, said = done.returncode == 0, done.stdout.decode(errors="replace")
            findings = FINDING.findall(said)
            if not passed and not findings:
                findings = [f"ended with {done.returncode}: {said[-500:]}"]
        except subprocess.TimeoutExpired:
            passed, said, findings = False, "", [f"still running after {LIMIT_SECONDS:g} s"]
        seconds = round(time.monotonic() - began, 1)
        return {"passed": passed and not findings, "seconds": seconds, "findings": findings}, said

    def run_all(
        self, prefix: Sequence[str] = (), left_out: Container[str] = ()
    ) -> dict[str, dict[str, Any]]:
        """Run every test, as many at once as there are processors, and say each as it ends."""
        programs = {name: each for name, each in self.programs().items() if name not in left_out}

        def run(name: str) -> dict[str, Any]:
            result, _ = self.run([*prefix, *programs[name]])
            say(f"{self.name}: {name}", result)
            return result

        with ThreadPoolExecutor(WORKERS) as pool:
            return dict(zip(programs, pool.map(run, programs), strict=True))

    def _call(self, *command: str) -> str:
        done = subprocess.run(
            command, env=os.environ | self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise BuildError((done.stdout + done.stderr)[-4000:])
        return done.stdout


def say(what: str, result: dict[str, Any]) -> None:
    """One line for a program that ended, and its findings."""
    verdict = "clean" if result["passed"] else "NOT CLEAN"
    lines = [f"{what}: {verdict}, {result['seconds']} s", *result["findings"]]
    print("\n  ".join(lines), flush=True)  # noqa: T201 # a proof's output is its purpose


def version(program: str) -> str:
    """The first line that ``--version`` gives."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[0]


def save(name: str, result: dict[str, Any]) -> None:
    """Write a record into ``benchmarks/results``."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    durable.write_bytes(RESULTS / name, json.dumps(result, indent=1).encode() + b"\n")
