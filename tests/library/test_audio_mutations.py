"""A handful of what ``tests/prove/audio_file_mutations.py`` does ten thousand times."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

PROVE = Path(__file__).parents[1] / "prove"


@pytest.mark.skipif(sys.platform == "win32", reason="a hang is ended by an alarm signal")
def test_damaged_sounds_are_refused_or_as_long_as_promised(tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    options = ["--count", "350", "--seed", "7", "--json", str(result)]
    script = PROVE / "audio_file_mutations.py"
    finished = subprocess.run([sys.executable, script, *options], check=False, capture_output=True)
    assert finished.returncode == 0, finished.stdout[-4000:] + finished.stderr[-4000:]
    found = json.loads(result.read_text())
    assert found["tried"] == 350
    assert found["wrong"] == found["decoder_ended"] == 0
    assert found["as_promised"] > 50
    assert found["refused"] > 50


@pytest.mark.skipif(sys.platform == "win32", reason="a hang is ended by an alarm signal")
def test_the_proof_notices_a_shortened_sound_and_a_crash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(PROVE)
    import audio_file_mutations as mutations  # noqa: PLC0415 # found only now
    from audio_file_seeds import seeds  # noqa: PLC0415 # as above

    seed = seeds()[0]
    longer = mutations.Mutant(seed, "a promise of more", seed.content, seed.frames + 1)
    tally = mutations.Tally()
    mutations.judge(longer, tmp_path / "sound", tally)
    monkeypatch.setattr(mutations, "decode", lambda _path: 1 / 0)
    mutations.judge(longer, tmp_path / "sound", tally)
    assert tally.wrong == [
        "WAV PCM_U8, a promise of more: 3000 frames of 3001, ()",
        "WAV PCM_U8, a promise of more: ZeroDivisionError('division by zero')",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="a hang is ended by an alarm signal")
def test_the_proof_notices_a_hang_that_comes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(PROVE)
    import audio_file_mutations as mutations  # noqa: PLC0415 # found only now
    from audio_file_seeds import seeds  # noqa: PLC0415 # as above

    monkeypatch.setattr(mutations, "LONGEST_SECONDS", 0.5)
    monkeypatch.setattr(mutations, "decode", lambda _path: time.sleep(60.0))
    seed, tally = seeds()[0], mutations.Tally()
    whole = mutations.Mutant(seed, "nothing", seed.content, seed.frames)
    mutations.judge(whole, tmp_path / "sound", tally)
    assert tally.wrong == ["WAV PCM_U8, nothing: HangError('not done after 0.5 s')"]
