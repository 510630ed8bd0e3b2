"""Scores played by FluidSynth through the FluidR3 GM sound font."""

import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile

from foley import smf
from foley.noise import Array

SOUND_FONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
REVERB = {"room-size": 0.35, "damp": 0.5, "width": 0.6, "level": 0.18}


def play(events: Iterable[smf.Event], seconds: float, sample_rate: int) -> Array:
    """The score as [2, T], cut or padded to `seconds`.

    Raises:
        FileNotFoundError: FluidSynth or the sound font is not installed.
        subprocess.CalledProcessError: FluidSynth refused the score.
    """
    if not SOUND_FONT.exists():
        raise FileNotFoundError(f"{SOUND_FONT} is missing: apt install fluid-soundfont-gm")
    with tempfile.TemporaryDirectory() as folder:
        score, sound = Path(folder, "score.mid"), Path(folder, "score.wav")
        score.write_bytes(smf.encode(events))
        subprocess.run(_command(score, sound, sample_rate), check=True, capture_output=True)
        audio, _ = soundfile.read(sound, dtype="float32", always_2d=True)
    samples = round(seconds * sample_rate)
    heard = audio.T[:, :samples]
    return np.pad(heard, ((0, 0), (0, samples - heard.shape[-1])))


def _command(score: Path, sound: Path, sample_rate: int) -> list[str]:
    options = {f"synth.reverb.{name}": value for name, value in REVERB.items()}
    options |= {"synth.chorus.active": 0, "synth.dynamic-sample-loading": 1}
    flags = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    output = ["-F", str(sound), "-T", "wav", "-O", "float", "-r", str(sample_rate), "-g", "0.5"]
    return ["fluidsynth", "-n", "-i", "-q", *flags, *output, str(SOUND_FONT), str(score)]
