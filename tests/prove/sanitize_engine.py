"""Is the engine free of bad memory accesses, undefined behaviour and data races? ``make sanitize``.

    python tests/prove/sanitize_engine.py --fuzz-seconds 60

Builds the engine's own tests with AddressSanitizer and UndefinedBehaviorSanitizer, and again with
ThreadSanitizer, and runs them; fuzzes the model loader; plays through the Python extension in a
Python that AddressSanitizer watches. The exit status is 0 only if nothing was found.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from engine_builds import BUILDS, ROOT, Build, BuildError, save, say, version

import whisperwave

MEMORY = "address,undefined,float-cast-overflow"
RACES = "thread"
CORPUS = ROOT / "engine" / "fuzz" / "corpus"
MOST_BYTES = 160  # of a case
BORDER_TESTS = ("backends/test_native.py", "backends/test_border.py")
# Where memory ends, AddressSanitizer ends the program before an error can be thrown.
STARVED = "test_memory_that_the_system_does_not_give_is_python_s_own_error"
NO_COMPILER = "No compiler here links -fsanitize=address and thread: install clang, or g++ whole."


def links(compiler: str, flags: str, source: str = "int main() { return 0; }") -> bool:
    """Whether a program of one line can be built with these flags."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "one.cpp"
        file.write_text(source)
        command = [compiler, *flags.split(), str(file), "-o", str(file.with_suffix(""))]
        done = subprocess.run(command, capture_output=True, check=False)
    return done.returncode == 0


def compiler() -> str:
    """``$CXX``, or Clang, or the machine's own: the first that can sanitize."""
    named = [os.environ["CXX"]] if "CXX" in os.environ else ["clang++", "c++"]
    for name in filter(shutil.which, named):
        if all(links(name, f"-fsanitize={kind}") for kind in (MEMORY, RACES)):
            return name
    raise BuildError(NO_COMPILER)


def has_libfuzzer(name: str) -> bool:
    """Whether the compiler brings libFuzzer."""
    target = 'extern "C" int LLVMFuzzerTestOneInput(const char*, unsigned long) { return 0; }'
    return links(name, "-fsanitize=fuzzer,address", target)


def build_of(kind: str, cxx: str, *options: str) -> Build:
    """The build with these sanitizers. At -O3 a kernel file would take minutes."""
    flags = ("-DWHISPERWAVE_OPTIMISATION=-O1", f"-DWHISPERWAVE_SANITIZE={kind}", *options)
    environment = {
        "CXX": cxx,
        "ASAN_OPTIONS": "halt_on_error=1",
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
        "TSAN_OPTIONS": "halt_on_error=1",
    }
    return Build(f"sanitize-{kind.split(',')[0]}-{Path(cxx).name}", flags, environment)


def plain_addresses() -> list[str]:
    """How to start a program with its memory where ThreadSanitizer expects it, if one can."""
    command = ["setarch", "-R"]
    if not shutil.which("setarch"):
        return []
    done = subprocess.run([*command, "true"], capture_output=True, check=False)
    return command if done.returncode == 0 else []


def fuzz(build: Build, seconds: int, libfuzzer: bool) -> dict[str, Any]:
    """Fuzz the model loader from the corpus; what ends it stays in the build's folder."""
    found = build.folder / "found"
    shutil.rmtree(found, ignore_errors=True)
    found.mkdir()
    programs = build.folder / "engine" / "fuzz"
    if libfuzzer:
        known = found / "corpus"
        known.mkdir()
        result, said = build.run([
            str(programs / "model_loader_fuzzer"), f"-max_total_time={seconds}",
            f"-max_len={MOST_BYTES}", "-timeout=60", "-rss_limit_mb=3000",
            "-print_final_stats=1", f"-artifact_prefix={found}/", str(known), str(CORPUS),
        ])  # fmt: skip
        counts = re.findall(r"stat::number_of_executed_units:\s*(\d+)", said)
        kept = len(list(known.iterdir()))
    else:
        replay = [str(programs / "model_loader_replay"), "--fuzz", str(seconds)]
        result, said = build.run([*replay, str(found / "last"), str(CORPUS)])
        counts, kept = re.findall(r"executions (\d+)", said), 0
    crashes = len(result["findings"])
    if crashes:
        result["findings"].append(f"the case is in {found.relative_to(ROOT)}")
    say(f"{build.name}: fuzzed model loader", result)
    return {
        "fuzzer": "libFuzzer" if libfuzzer else "replay.cpp", **result, "crashes": crashes,
        "executions": int(counts[-1]) if counts else 0,
        "corpus_files": len(list(CORPUS.iterdir())), "corpus_files_found": kept,
    }  # fmt: skip


def runtime_libraries(cxx: str) -> list[str]:
    """What a Python that was not built with AddressSanitizer must load first."""
    asan = "libclang_rt.asan-x86_64.so" if "clang" in version(cxx) else "libasan.so"
    names = (asan, "libstdc++.so.6")
    paths = [
        subprocess.run(
            [cxx, f"-print-file-name={name}"], capture_output=True, text=True, check=True
        )
        for name in names
    ]
    return [path.stdout.strip() for path in paths]


def package_with(extension: Path, folder: Path) -> None:
    """The installed package in ``folder``, by links, but with another extension."""
    source, package = Path(whisperwave.__file__).parent, folder / "whisperwave"
    package.mkdir(parents=True)
    for entry in source.iterdir():
        if not entry.name.startswith("_engine"):
            (package / entry.name).symlink_to(entry)
    (package / extension.name).symlink_to(extension)


def border(build: Build) -> dict[str, Any]:
    """The tests of the Python extension, with it and the engine under AddressSanitizer."""
    (extension,) = (build.folder / "engine" / "python").glob("_engine*.so")
    folder = build.folder / "package"
    shutil.rmtree(folder, ignore_errors=True)
    package_with(extension, folder)
    tests = [str(ROOT / "tests" / "runtimes" / name) for name in BORDER_TESTS]
    words = ["-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", *tests]
    words += ["-k", f"not {STARVED}"]
    settings = {
        "LD_PRELOAD": " ".join(runtime_libraries(build.environment["CXX"])),
        "PYTHONPATH": str(folder),
        "ASAN_OPTIONS": "halt_on_error=1:detect_leaks=0",  # Python itself keeps much to its end
    }
    command = ["env", *(f"{name}={value}" for name, value in settings.items())]
    result, said = build.run([*command, sys.executable, *words])
    say(f"{build.name}: Python extension", result)
    return {**result, "said": said.strip().splitlines()[-1:]}


def sanitized(seconds: int) -> dict[str, Any]:
    """Build and run everything; the record. Raises BuildError."""
    cxx, prefix = compiler(), plain_addresses()
    libfuzzer = has_libfuzzer(cxx)
    fuzzer = f"-DWHISPERWAVE_LIBFUZZER={'ON' if libfuzzer else 'OFF'}"
    memory = build_of(MEMORY, cxx, f"-DPython_EXECUTABLE={sys.executable}", fuzzer)
    races = build_of(RACES, cxx, "-DWHISPERWAVE_PYTHON=OFF")
    builds = []
    for build in (memory, races):
        build.make()
        builds.append({"flags": build.flags(), "programs": build.run_all(prefix)})
    return {
        "question": "Is the engine free of bad accesses, undefined behaviour and data races?",
        "compiler": version(cxx),
        "builds": builds,
        "fuzz": fuzz(memory, seconds, libfuzzer),
        "python": border(memory),
    }


def is_clean(result: dict[str, Any]) -> bool:
    """Whether every part passed."""
    parts = [part for build in result["builds"] for part in build["programs"].values()]
    return all(part["passed"] for part in [*parts, result["fuzz"], result["python"]])


def main() -> int:
    """Read the options, prove, save the record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fuzz-seconds", type=int, default=60)
    options = parser.parse_args()
    BUILDS.mkdir(exist_ok=True)
    try:
        result = sanitized(options.fuzz_seconds)
    except BuildError as error:
        print(error, file=sys.stderr)  # noqa: T201 # a proof's output is its purpose
        return 2
    save("sanitize.json", result)
    return 0 if is_clean(result) else 1


if __name__ == "__main__":
    raise SystemExit(main())
