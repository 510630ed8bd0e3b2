"""Does the engine play on 64-bit ARM, NEON included? ``make emulate``: its tests in an emulator.

    python tests/prove/emulate_engine.py

Builds the engine's own tests with a cross compiler and runs them in QEMU. The exit status is 0 if
all passed, 1 if one failed, and 2 if a tool is missing, so that nothing was tested.
"""

import shutil
import sys
from typing import Any

from engine_builds import ROOT, Build, BuildError, save, version

COMPILER = "aarch64-linux-gnu-g++"
EMULATOR = "qemu-aarch64"
TOOLS = {COMPILER: "g++-aarch64-linux-gnu", EMULATOR: "qemu-user"}  # and Debian's packages of them
OPTIONS = (
    f"-DCMAKE_TOOLCHAIN_FILE={ROOT / 'engine' / 'aarch64-linux-gnu.cmake'}",
    "-DWHISPERWAVE_PYTHON=OFF",
)
# What the emulator cannot run, and why; the record says so too.
LEFT_OUT = {
    "team_test": "a forked child begins threads, and QEMU (7.2) ends by an assertion of its own"
}


def missing() -> str:
    """What to install before this can run; empty if all is here."""
    packages = [package for tool, package in TOOLS.items() if not shutil.which(tool)]
    if not packages:
        return ""
    return f"NEON is untested here; for it, install what Debian calls {' and '.join(packages)}."


def emulated() -> dict[str, Any]:
    """Build and run everything; the record. Raises BuildError."""
    build = Build("emulate-aarch64", OPTIONS)
    build.make()
    programs = build.run_all(left_out=LEFT_OUT)
    _, said = build.run(build.programs()["digest_test"])
    return {
        "question": "Do the engine's tests pass on 64-bit ARM, in an emulator?",
        "compiler": version(COMPILER),
        "emulator": version(EMULATOR),
        "flags": build.flags(),
        "instruction_sets": sorted({line.split()[-1] for line in said.splitlines()}),
        "programs": programs,
        "left_out": LEFT_OUT,
    }


def main() -> int:
    """Prove, save the record."""
    try:
        absent = missing()
        if absent:
            raise BuildError(absent)
        result = emulated()
    except BuildError as error:
        print(error, file=sys.stderr)  # noqa: T201 # a proof's output is its purpose
        return 2
    save("emulated.json", result)
    tested = "neon" in result["instruction_sets"]
    return 0 if tested and all(each["passed"] for each in result["programs"].values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
