"""The engine builds without Python and passes its own tests, warnings being errors."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_engine_alone_passes_its_own_tests(tmp_path):
    options = ("-DWHISPERWAVE_PYTHON=OFF", "-DWHISPERWAVE_TESTS=ON", "-DWHISPERWAVE_DEVELOPER=ON")
    run("cmake", "-S", str(ROOT), "-B", str(tmp_path), "-DCMAKE_BUILD_TYPE=Release", *options)
    run("cmake", "--build", str(tmp_path), "--parallel", "2")
    run("ctest", "--test-dir", str(tmp_path / "engine"), "--output-on-failure", "--no-tests=error")
