"""``whisperwave doctor``: does everything work here, and if not, what to do?"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import click

from whisperwave.cli.speech import json_option, say, say_json
from whisperwave.errors import WhisperwaveError
from whisperwave.starter import DEFAULT_MODEL

UNWELL = 1


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it is well, what was found, and what to do if it is not.

    A finding that is not ``needed`` may be missing: something optional then does not work.
    """

    name: str
    well: bool
    found: str
    remedy: str = ""
    needed: bool = True


@click.command()
@json_option
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> None:
    """Look at everything that playing needs, and say what is missing."""
    findings = list(_examined())
    well = all(finding.well for finding in findings if finding.needed)
    if as_json:
        say_json({"well": well, "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            mark = "ok  " if finding.well else "BAD " if finding.needed else "none"
            say(f"{mark} {finding.name}: {finding.found}" + f" {finding.remedy}".rstrip())
        say("All is well." if well else "Something that playing needs is not well; see above.")
    if not well:
        context.exit(UNWELL)


def _examined() -> Iterator[Finding]:
    for name, needed, look in _LOOKS:
        try:
            yield Finding(name, True, look(), needed=needed)
        except WhisperwaveError as error:
            yield Finding(name, False, error.message, error.remedy, needed)
        except ImportError as error:
            yield Finding(name, False, f"{error}.", "Install whisperwave again.", needed)


def _versions() -> str:
    import platform
    from importlib.metadata import version

    from whisperwave import __version__

    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "soundfile", "soxr"))
    return (
        f"whisperwave {__version__}, Python {platform.python_version()}, {packages}, "
        f"{platform.system()} {platform.machine()}."
    )


def _engine() -> str:
    from whisperwave import _engine as engine

    return f"runs on {', '.join(engine.instruction_sets())}; the last is used."


def _decoding() -> str:
    import sqlite3

    import soundfile

    return f"libsndfile {soundfile.__libsndfile_version__}, SQLite {sqlite3.sqlite_version}."


def _library() -> str:
    from whisperwave.library import open_library

    with open_library() as clips:
        found = clips.list()
        clips.audio(found[0].number) if found else None
        notes = "".join(f" {note}" for note in clips.notes)
        return f"{len(found)} clips in {clips.folder}, which can be written.{notes}"


def _model() -> str:
    from whisperwave import modelfile, runtimes
    from whisperwave.generation.shipped import find_model

    file = modelfile.read(find_model(DEFAULT_MODEL))
    exams = {
        precision: runtimes.sit_exam(file, runtimes.load(file, precision=precision))
        for precision in file.offered
    }
    worst = ", ".join(f"{max(errors.values()):.1e} in {name}" for name, errors in exams.items())
    return f"{DEFAULT_MODEL} passes its exam; largest error {worst}."


def _speed() -> str:
    import numpy as np

    from whisperwave.generation.instrument import ready
    from whisperwave.generation.material import Material
    from whisperwave.generation.picks import Pick
    from whisperwave.generation.playing import play
    from whisperwave.runtimes import Sampling

    instrument = ready(DEFAULT_MODEL)
    rate = instrument.sample_rate
    noise = 0.1 * np.random.default_rng(0).standard_normal(2 * rate, np.float32)
    picks = [Material(Pick(1), 1.0, noise, "noise")]
    speed = play(instrument, picks, rate // 2, Sampling(), seed=0).rendering.samples_per_second
    return (
        f"{speed:,.0f} samples/s, {speed / rate:.1f}× real time, in {instrument.runtime.precision}."
    )


def _playing() -> str:
    from whisperwave.library.playing import way_to_play

    way_to_play()
    return "clips can be played aloud."


def _mp4() -> str:
    from whisperwave.library import ffmpeg

    if not ffmpeg.is_here():
        raise WhisperwaveError(
            "NEEDS_FFMPEG", "ffmpeg is not installed, so MP4 and M4A files are not read.",
            "Install it with your system's packages.",
        )  # fmt: skip
    return "MP4 and M4A files can be read, by ffmpeg."


def _training() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"torch {version('torch')}, lightning {version('lightning')}."
    except PackageNotFoundError as error:
        raise WhisperwaveError(
            "NO_TRAINING", f"{error.name} is not installed, so training cannot run.",
            'Run `pip install "whisperwave[train]"`.',
        ) from error  # fmt: skip


_LOOKS: tuple[tuple[str, bool, Callable[[], str]], ...] = (
    ("versions", True, _versions),
    ("engine", True, _engine),
    ("decoding", True, _decoding),
    ("library", True, _library),
    ("model", True, _model),
    ("speed", True, _speed),
    ("loudspeakers", False, _playing),
    ("mp4", False, _mp4),
    ("training", False, _training),
)
