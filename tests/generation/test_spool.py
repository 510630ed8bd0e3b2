import tempfile
from pathlib import Path

import numpy as np
import pytest

from whisperwave.errors import OutputError
from whisperwave.generation.spool import Kept, Spool


@pytest.fixture(params=["spool", "kept"])
def sound(request, tmp_path, generator):
    audio = (0.1 + generator.standard_normal((2, 70_001))).astype(np.float32)
    if request.param == "kept":
        yield Kept(audio), audio
        return
    with Spool(2, beside=tmp_path / "calm.wav") as spool:
        for block in np.array_split(audio, 13, axis=1):
            spool.append(block)
        yield spool, audio


def test_a_sound_can_be_heard_again_and_again(sound):
    waiting, audio = sound
    for _ in range(2):
        np.testing.assert_array_equal(np.concatenate(list(waiting.blocks()), axis=1), audio)
    assert (waiting.channels, waiting.samples) == audio.shape


def test_its_constant_offset_is_known(sound):
    waiting, audio = sound
    np.testing.assert_allclose(waiting.mean, audio.mean(axis=1, keepdims=True), atol=1e-6)


def test_a_spool_leaves_nothing_in_the_folder(tmp_path):
    with Spool(1, beside=tmp_path / "calm.wav") as spool:
        spool.append(np.zeros((1, 9), np.float32))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    with pytest.raises(OutputError) as caught:
        Spool(1, beside=tmp_path / "missing" / "calm.wav")
    assert caught.value.code == "NO_SUCH_FOLDER"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
def test_a_full_disk_is_said(tmp_path, monkeypatch):
    full = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115 # the spool closes it
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_how: full)
    with Spool(1, beside=tmp_path / "calm.wav") as spool, pytest.raises(OutputError) as caught:
        spool.append(np.zeros((1, 9), np.float32))
    assert caught.value.code == "DISK_FULL"
