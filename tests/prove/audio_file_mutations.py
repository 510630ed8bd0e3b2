"""Does the library survive every damaged sound file, and never shorten one without a word?

    python tests/prove/audio_file_mutations.py --count 10000 --json results.json

Every mutant goes the way of every sound: `whisperwave.library.decode`, by path. Right answers are
an error of ours, a sound as long as its header promises, or one whose notes say what is different.
A header that the damage left alone promises what was there before. The exit status is 0 only if
there was no other answer.
"""

import argparse
import json
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from audio_file_seeds import Seed, mended, seeds
from mp4_file_seeds import mp4_seeds
from peaks import children_mib, own_mib

from whisperwave.errors import AudioError
from whisperwave.library import Audio, cell, decode, durable

LONGEST_SECONDS = 20
_EXTREMES = (0, 1, 2, 7, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 2**31 - 1, 2**31, 2**32 - 1,
             2**32 - 8, 2**40, 2**63 - 1, 2**63, 2**64 - 1)  # fmt: skip
_FIELDS = (b"RIFF", b"RF64", b"riff", b"fmt ", b"data", b"ds64", b"fact", b"FORM", b"COMM",
           b"SSND", b"FVER", b"fLaC", b"OggS", b"OpusHead", b"vorbis", b"Xing", b"Info",
           b"LAME", b"ID3", b"ftyp", b"moov", b"mvhd", b"elst", b"mdhd", b"hdlr", b"stsd", b"esds",
           b"alac", b"stts", b"stsc", b"stsz", b"stco", b"trun", b"mdat")  # fmt: skip
_TELLING = ("SIZE_UNKNOWN", "JUNK_BEFORE", "JUNK_AFTER", "LONGER", "SHORTER")


@dataclass(frozen=True)
class Mutant:
    """A damaged file; ``frames`` is how many were in what it was made of."""

    seed: Seed
    damage: str
    content: bytes
    frames: int


@dataclass
class Tally:
    """What became of the mutants of one container."""

    tried: int = 0
    as_promised: int = 0
    with_a_note: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    slowest_seconds: float = 0.0


Random = np.random.Generator


def files() -> tuple[Seed, ...]:
    """All that is damaged; MP4 only where ffmpeg is here."""
    return (*seeds(), *mp4_seeds())


def _flips(seed: Seed, random: Random) -> bytes:
    content = bytearray(seed.content)
    for bit in random.integers(0, 8 * _reach(seed, random), random.integers(1, 9)):
        content[bit // 8] ^= 1 << bit % 8
    return bytes(content)


def _burst(seed: Seed, random: Random) -> bytes:
    start, length = _span(seed, random)
    fill = (bytes(length), b"\xff" * length, random.bytes(length))[random.integers(3)]
    return seed.content[:start] + fill + seed.content[start + length :]


def _cut(seed: Seed, random: Random) -> bytes:
    return seed.content[: random.integers(_reach(seed, random))]


def _removed(seed: Seed, random: Random) -> bytes:
    start, length = _span(seed, random)
    return seed.content[:start] + seed.content[start + length :]


def _inserted(seed: Seed, random: Random) -> bytes:
    start, length = _span(seed, random)
    again = seed.content[start : start + length]
    chunk = _chunk_name(random) + _number(random, 4) + random.bytes(length)
    more = (again, random.bytes(length), chunk)[random.integers(3)]
    at = random.integers(len(seed.content) + 1)
    return seed.content[:at] + more + seed.content[at:]


def _edited(seed: Seed, random: Random) -> bytes:
    """One or two header fields, of any width and byte order, with a number at its limits."""
    content = seed.content
    for _ in range(random.integers(1, 3)):
        width = int(2 ** random.integers(4))
        at = min(_field(content, random), len(content) - width)
        content = content[:at] + _number(random, width) + content[at + width :]
    return content


def _moved(seed: Seed, random: Random) -> bytes:
    start, length = _span(seed, random)
    rest = seed.content[:start] + seed.content[start + length :]
    at = random.integers(len(rest) + 1)
    return rest[:at] + seed.content[start : start + length] + rest[at:]


def _reach(seed: Seed, random: Random) -> int:
    """Where damage may be: as often in the header as anywhere."""
    return min(len(seed.content), 100) if random.integers(2) else len(seed.content)


def _span(seed: Seed, random: Random) -> tuple[int, int]:
    start = int(random.integers(_reach(seed, random)))
    return start, int(min(2 ** random.uniform(0, 11), len(seed.content) - start))


def _field(content: bytes, random: Random) -> int:
    """A byte of the header, mostly one that stands soon after a name that readers look for."""
    places = [at for name in _FIELDS if (at := content.find(name)) >= 0]
    if not places or random.integers(4) == 0:
        return int(random.integers(min(len(content), 200)))
    return int(random.choice(places) + random.integers(2, 28))


def _number(random: Random, width: int) -> bytes:
    value = int(random.choice(np.array(_EXTREMES, np.uint64))) % 2 ** (8 * width)
    return value.to_bytes(width, ("little", "big")[random.integers(2)])


def _chunk_name(random: Random) -> bytes:
    return (b"data", b"LIST", b"fmt ", b"SSND", b"COMM", b"ID3 ", b"junk")[random.integers(7)]


_DAMAGES: dict[str, Callable[[Seed, Random], bytes]] = {
    "flipped bits": _flips,
    "burst": _burst,
    "cut": _cut,
    "removed": _removed,
    "inserted": _inserted,
    "edited fields": _edited,
    "moved": _moved,
}


def mutant(seed: Seed, random: Random) -> Mutant:
    """One damaged file; half of the Ogg files get right checksums, to be decoded all the same."""
    names = (*_DAMAGES, "joined")
    name = names[random.integers(len(names))]
    if name == "joined":
        return _joined(seed, random)
    content = _DAMAGES[name](seed, random)
    if seed.container.startswith("Ogg") and random.integers(2):
        return Mutant(seed, f"{name}, checksums mended", mended(content), seed.frames)
    return Mutant(seed, name, content, seed.frames)


def _joined(seed: Seed, random: Random) -> Mutant:
    """Two files in one: the same again, another one, or junk before or behind."""
    others = files()
    other = seed if random.integers(2) else others[random.integers(len(others))]
    junk = random.bytes(int(2 ** random.uniform(0, 11)))
    what = random.integers(3)
    if what == 0:
        return Mutant(seed, "junk behind", seed.content + junk, seed.frames)
    if what == 1:
        return Mutant(seed, "junk before", junk + seed.content, seed.frames)
    content = seed.content + other.content
    return Mutant(seed, f"joined with {other.name}", content, seed.frames + other.frames)


def judge(made: Mutant, path: Path, tally: Tally) -> None:
    """Give one mutant to the library and note what it made of it."""
    path.write_bytes(made.content)
    tally.tried += 1
    started = time.monotonic()
    try:
        _note(made, _read(path), tally)
    except AudioError as error:
        tally.refused[error.code] += 1
        if not (error.remedy and str(error).isprintable()):
            tally.wrong.append(f"{_about(made)}: refused without a clear word: {error!r}")
        elif error.code in ("AUDIO_TRUNCATED", "AUDIO_DAMAGED"):
            _keep(made, path, error.code, tally)
    except Exception as error:  # noqa: BLE001 # any other is what is looked for
        tally.wrong.append(f"{_about(made)}: {error!r}")
    tally.slowest_seconds = max(tally.slowest_seconds, round(time.monotonic() - started, 2))


def _note(made: Mutant, audio: Audio, tally: Tally) -> None:
    promised = made.seed.promise(made.content)
    if promised is None or promised == made.seed.promise(made.seed.content):
        promised = made.frames
    told = [note for note in audio.notes if note.startswith(_TELLING)]
    got = audio.samples.shape[-1]
    if made.seed.clock_hz:
        got = got * made.seed.clock_hz // audio.sample_rate
    if not np.isfinite(audio.samples).all():
        tally.wrong.append(f"{_about(made)}: samples that are no numbers")
    if -made.seed.tolerance <= got - promised <= 2 * made.seed.tolerance:
        tally.as_promised += 1
    elif told:
        tally.with_a_note += 1
    else:
        tally.wrong.append(f"{_about(made)}: {got} frames of {promised}, {audio.notes}")


def _keep(made: Mutant, path: Path, code: str, tally: Tally) -> None:
    """What is left of a damaged file can be kept, and then says that it is damaged."""
    try:
        notes = _read(path, allow_truncated=True).notes
    except AudioError as error:
        if error.code not in (code, "AUDIO_NO_SAMPLES", "AUDIO_NONFINITE"):
            tally.wrong.append(f"{_about(made)}: refused as {code}, then {error!r}")
        return
    if not any(note.startswith(code) for note in notes):
        tally.wrong.append(f"{_about(made)}: kept without saying {code}")


def _read(path: Path, **options: bool) -> Audio:
    """Decode; what hangs is tried once more, for the whole machine may have stood still."""
    with suppress(HangError), _limit(LONGEST_SECONDS):
        return decode(path, **options)
    with _limit(LONGEST_SECONDS):
        return decode(path, **options)


class HangError(Exception):
    """Reading took too long; no `OSError`, for those the library would explain as its own."""


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """Raise `HangError` when the block takes too long, wherever it is."""

    def stop(*_: object) -> None:
        raise HangError(f"not done after {seconds} s")

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _about(made: Mutant) -> str:
    return f"{made.seed.container} {made.seed.name}, {made.damage}"


def prove(count: int, seed: int, keep: Path | None = None) -> dict[str, Any]:
    """Damage, read, and count; with ``keep``, the wrong ones are left in that folder."""
    tallies = {one.container: Tally() for one in files()}
    by_damage: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutant"
        for number in range(count):
            made = mutant(files()[number % len(files())], np.random.default_rng([seed, number]))
            tally = tallies[made.seed.container]
            wrong = len(tally.wrong)
            judge(made, path, tally)
            by_damage[made.damage.partition(",")[0].partition(" with")[0]] += 1
            if keep is not None and len(tally.wrong) > wrong:
                durable.write_bytes(keep / str(number), made.content)
    return _summary(seed, tallies, by_damage)


def _summary(seed: int, tallies: dict[str, Tally], by_damage: Counter[str]) -> dict[str, Any]:
    refused: Counter[str] = sum((tally.refused for tally in tallies.values()), Counter())
    return {
        "question": "Does the library survive every damaged sound file, and shorten none silently?",
        "seed": seed,
        "files": len(files()),
        "tried": sum(tally.tried for tally in tallies.values()),
        "as_promised": sum(tally.as_promised for tally in tallies.values()),
        "with_a_note": sum(tally.with_a_note for tally in tallies.values()),
        "refused": sum(refused.values()),
        "decoder_ended": sum(n for code, n in refused.items() if code.startswith("DECODER")),
        "wrong": sum(len(tally.wrong) for tally in tallies.values()),
        "slowest_seconds": max(tally.slowest_seconds for tally in tallies.values()),
        "peak_megabytes": _peaks(),
        "by_damage": dict(sorted(by_damage.items())),
        "by_container": {
            name: asdict(tally) | {"refused": dict(sorted(tally.refused.items()))}
            for name, tally in tallies.items()
        },
    }


def _peaks() -> dict[str, int]:
    """The most memory that this process and any decoder process held, in MiB."""
    cell.SHARED.close()
    return {"library": round(own_mib()), "decoder": round(children_mib())}


def main() -> int:
    """Read the options, prove, print and save the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000, help="how many files to damage")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for the files that went wrong")
    parser.add_argument("--json", type=Path, help="where to write the result")
    options = parser.parse_args()
    result = prove(options.count, options.seed, options.keep)
    text = json.dumps(result, indent=2)
    print(text)  # noqa: T201 # a proof's output is its purpose
    if options.json:
        durable.write_bytes(options.json, text.encode() + b"\n")
    return 1 if result["wrong"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
