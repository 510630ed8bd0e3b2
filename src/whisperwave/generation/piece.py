"""A piece from beginning to end: picks in, a tagged sound file out."""

import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from whisperwave import __version__, reports
from whisperwave.dsp.resampling import resample
from whisperwave.generation.instrument import THREADS, Instrument, ready
from whisperwave.generation.mastering import Mastered, master
from whisperwave.generation.material import gather
from whisperwave.generation.playing import Played, play, widen
from whisperwave.generation.rendering import Progress, silent
from whisperwave.generation.request import Request
from whisperwave.generation.result import Measured, Recipe, Result
from whisperwave.generation.tags import tags_for
from whisperwave.generation.widening import TIMES
from whisperwave.generation.writing import check_output, write_sound
from whisperwave.library import Library, open_library

Floats = NDArray[np.float32]


def generate(
    request: Request, library: Library | None = None, progress: Progress = silent
) -> Result:
    """Make the piece that ``request`` describes and write it.

    Args:
        request: what to make.
        library: where the picked clips are; None opens the person's own.
        progress: told after every block.

    Raises:
        WhisperwaveError: of the kind that fits; no output is written then.
    """
    if library is None:
        with open_library() as own:
            return generate(request, own, progress)
    started = time.perf_counter()
    check_output(request.output)
    instrument = ready(request.model, request.backend, request.isa, request.precision)
    wide = request.wide and instrument.file.signature.port("control") is not None
    rate = request.sample_rate or instrument.sample_rate * (TIMES if wide else 1)
    played = _played(request, library, instrument, rate, wide, progress)
    mastered = _mastered(request, played, instrument, rate, wide)
    precision = instrument.runtime.precision
    tags = tags_for(instrument.identity, precision, request.seed, str(request.picks))
    write_sound(request.output, mastered.audio, rate, tags, request.seed)
    elapsed = time.perf_counter() - started
    return Result(
        request.output,
        _pictures(request, mastered.audio, rate),
        _measured(played, mastered, rate, elapsed),
        _recipe(request, library, instrument, wide),
    )


def _played(
    request: Request,
    library: Library,
    instrument: Instrument,
    sample_rate: int,
    wide: bool,
    progress: Progress,
) -> Played:
    materials = gather(library, request.picks, instrument.sample_rate, wide)
    # Rounded up, so that resampling never comes short.
    samples = -(-request.length.at(sample_rate) * instrument.sample_rate // sample_rate)
    return play(instrument, materials, samples, request.sampling, request.seed, progress)


def _mastered(
    request: Request, played: Played, instrument: Instrument, sample_rate: int, wide: bool
) -> Mastered:
    made, rate = played.audio[np.newaxis], instrument.sample_rate
    if wide:
        made = widen(instrument, played, request.seed)
    audio = resample(made, rate * (TIMES if wide else 1), sample_rate)
    audio = audio[:, : request.length.at(sample_rate)]
    if request.keep_prime:
        prime = resample(played.prime, rate, sample_rate)
        audio = np.concatenate([np.tile(prime, (len(audio), 1)), audio], axis=1)
    return master(audio, sample_rate, request.mastering)


def _pictures(request: Request, audio: Floats, sample_rate: int) -> tuple[Path, ...]:
    if not request.pictures:
        return ()
    stem = request.output.stem
    waveform = request.output.with_name(f"{stem}-waveform.png")
    spectrogram = request.output.with_name(f"{stem}-spectrogram.png")
    reports.write_waveform_png(waveform, audio, sample_rate)
    reports.write_spectrogram_png(spectrogram, audio, sample_rate)
    return waveform, spectrogram


def _measured(played: Played, mastered: Mastered, sample_rate: int, elapsed: float) -> Measured:
    channels, samples = mastered.audio.shape
    seconds = samples / sample_rate
    return Measured(
        audio_seconds=seconds,
        elapsed_seconds=elapsed,
        times_real_time=seconds / elapsed,
        samples_per_second=played.rendering.samples_per_second,
        sample_rate=sample_rate,
        channels=channels,
        loudness_lufs=mastered.loudness_lufs,
        true_peak_dbtp=mastered.true_peak_dbtp,
        style_distance=played.style_distance,
    )


def _recipe(request: Request, library: Library, instrument: Instrument, wide: bool) -> Recipe:
    return Recipe(
        version=__version__,
        model=instrument.name,
        digest=instrument.digest,
        backend=request.backend,
        precision=instrument.runtime.precision,
        isa=instrument.runtime.isa,
        threads=THREADS,
        seed=request.seed,
        picks=tuple(
            {"number": p.number, "weight": p.weight, "digest": library.clip(p.number).digest}
            for p in request.picks
        ),
        sampling=asdict(request.sampling),
        mastering=asdict(request.mastering),
        keep_prime=request.keep_prime,
        wide=wide,
    )
