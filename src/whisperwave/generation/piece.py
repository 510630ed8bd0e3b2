"""A piece from beginning to end: picks in, a tagged sound file out."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from whisperwave import reports
from whisperwave.dsp.blocks import only_first
from whisperwave.dsp.loudness import TruePeakMeter
from whisperwave.dsp.resampling import resample, resampled
from whisperwave.generation.instrument import Instrument
from whisperwave.generation.mastering import Mastered, master
from whisperwave.generation.performance import Performance, prepared, recipe_of
from whisperwave.generation.playing import Passage
from whisperwave.generation.rendering import Progress, silent
from whisperwave.generation.request import Request
from whisperwave.generation.result import Measured, Result
from whisperwave.generation.spool import Spool
from whisperwave.generation.style import StyleMeter
from whisperwave.generation.tags import tags_for
from whisperwave.generation.writing import check_output, write_sound
from whisperwave.library import Clips, Library, open_library

Floats = NDArray[np.float32]
Draw = Callable[[Request, Mastered], tuple[Path, ...]]
"""Draws a finished piece; returns the pictures it has written."""


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
    instrument, performance = prepared(request, library)
    return finished_piece(
        request,
        library,
        instrument,
        performance,
        elapsed=lambda: time.perf_counter() - started,
        progress=progress,
    )


def finished_piece(
    request: Request,
    library: Clips,
    instrument: Instrument,
    performance: Performance,
    *,
    elapsed: Callable[[], float],
    passages: Iterator[Passage] | None = None,
    draw: Draw | None = None,
    progress: Progress = silent,
) -> Result:
    """Let a performance play the piece that ``request`` describes, finish and write it.

    Args:
        request: what to make.
        library: where the picked clips are.
        instrument: what plays.
        performance: of the request, on the instrument.
        elapsed: says, when the file is written, how many seconds making it took.
        passages: of the performance's player, where somebody else has it play.
        draw: draws the finished sound beside it, where not as the request says.
        progress: told after every block.
    """
    rate = request.sample_rate or performance.sample_rate
    style = _style_meter(request, instrument, performance, rate)
    with Spool(performance.channels, beside=request.output) as spool:
        played = performance.blocks(style.update, passages=passages)
        for block in _cut(request, performance, rate, played, progress):
            spool.append(block)
        mastered = master(spool, rate, request.mastering)
        peak_dbtp = _written(request, instrument, mastered)
        seconds = elapsed()
        return Result(
            request.output,
            (draw or _pictures)(request, mastered),
            _measured(performance, mastered, style, peak_dbtp, seconds),
            recipe_of(request, library, instrument, performance, keep_prime=request.keep_prime),
        )


def _style_meter(
    request: Request, instrument: Instrument, performance: Performance, sample_rate: int
) -> StyleMeter:
    samples = -(-request.length.at(sample_rate) * instrument.sample_rate // sample_rate)
    return StyleMeter(
        instrument.file.style, performance.player.steering.style, instrument.sample_rate, samples
    )


def _cut(
    request: Request,
    performance: Performance,
    rate: int,
    played: Iterator[Floats],
    progress: Progress,
) -> Iterator[Floats]:
    """The piece ``[C, n]`` at the rate of the output, with its prime if that was asked for."""
    channels, samples, done = performance.channels, request.length.at(rate), 0
    if request.keep_prime:
        player = performance.player
        prime = resample(player.prime, player.sample_rate, rate)
        yield np.broadcast_to(prime, (channels, prime.shape[-1]))
    made = resampled(played, channels, performance.sample_rate, rate)
    for block in only_first(made, samples):
        yield block
        done += block.shape[1]
        progress(done / rate, samples / rate)


def _written(request: Request, instrument: Instrument, mastered: Mastered) -> float:
    """Write the finished sound; its true peak in dBTP."""
    channels, rate = mastered.sound.channels, mastered.sample_rate
    meter = TruePeakMeter(rate, channels)

    def metered() -> Iterator[Floats]:
        for block in mastered.blocks():
            meter.update(block)
            yield block

    precision = instrument.runtime.precision
    tags = tags_for(instrument.identity, precision, request.seed, str(request.picks))
    write_sound(request.output, metered(), channels, rate, tags, request.seed)
    return meter.finish()


def _pictures(request: Request, mastered: Mastered) -> tuple[Path, ...]:
    if not request.pictures:
        return ()
    audio = np.concatenate(list(mastered.blocks()), axis=1)
    stem = request.output.stem
    waveform = request.output.with_name(f"{stem}-waveform.png")
    spectrogram = request.output.with_name(f"{stem}-spectrogram.png")
    reports.write_waveform_png(waveform, audio, mastered.sample_rate)
    reports.write_spectrogram_png(spectrogram, audio, mastered.sample_rate)
    return waveform, spectrogram


def _measured(
    performance: Performance,
    mastered: Mastered,
    style: StyleMeter,
    peak_dbtp: float,
    elapsed: float,
) -> Measured:
    seconds = mastered.sound.samples / mastered.sample_rate
    return Measured(
        audio_seconds=seconds,
        elapsed_seconds=elapsed,
        times_real_time=seconds / elapsed,
        samples_per_second=performance.player.samples_per_second,
        sample_rate=mastered.sample_rate,
        channels=mastered.sound.channels,
        loudness_lufs=mastered.loudness_lufs,
        true_peak_dbtp=peak_dbtp,
        style_distance=style.finish(),
    )
