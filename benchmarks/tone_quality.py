"""How quiet are the pauses of a generated piece, what do its classes add, how steady are its tones?

    python benchmarks/tone_quality.py [--model calm fine] [--temperature 1] [--top-p 1] [--json]

For every style: the A-weighted level of the quietest twentieth of 50 ms frames, and how far the
strongest partial strays from its own mean while it sounds, both for a generated piece and for the
held-out clips of the library, all levelled to -20 dBFS. Styles whose clips hold no steady partial
have none in the table. And the hiss: in the quietest fifth of the frames of a held-out clip, the
A-weighted level of what rounding to the model's classes, or the limit of its values, adds to it,
beside what rounding the sound itself to 256 classes would (`plain`).
"""

import argparse
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

import records
from whisperwave.dsp.companding import mulaw_decode, mulaw_encode
from whisperwave.dsp.loudness import a_weighting_db
from whisperwave.dsp.spectra import stft_power
from whisperwave.generation.evaluation.foretelling import tokens_of
from whisperwave.generation.evaluation.protocol import Subject, excerpt, subjects
from whisperwave.generation.instrument import Instrument, ready
from whisperwave.generation.outline import outline_of
from whisperwave.generation.playing import play
from whisperwave.generation.shipped import shipped_models
from whisperwave.library import open_library
from whisperwave.runtimes import Sampling
from whisperwave.runtimes.codec import Codec

Floats = NDArray[np.float32]

SEEDS = (1, 2, 3)
QUIET_SHARE, QUIETER_SHARE = 0.05, 0.2
TONE_SECONDS = 0.25  # frames of 4 Hz resolution, interpolated to well under a cent
STEADY_SECONDS = 0.5  # a tone counts if its strongest partial stays within a semitone so long
AUDIBLE_DB = -50.0


def quiet_level_dba(audio: Floats, sample_rate: int) -> float:
    """The A-weighted level in dBFS that the quietest frames lie under."""
    return float(np.quantile(_levels_dba(audio, sample_rate), QUIET_SHARE))


def _levels_dba(audio: Floats, sample_rate: int) -> NDArray[np.float64]:
    window = 2 * round(0.025 * sample_rate)
    power = stft_power(audio, window, window // 2).astype(np.float64)
    weights = 10.0 ** (a_weighting_db(np.fft.rfftfreq(window, 1 / sample_rate)) / 10.0)
    # A full-scale sine reads 1.0 on its bin and its mean square is a half; a Hann window spreads
    # noise over one and a half bins.
    return np.asarray(10.0 * np.log10(np.maximum(weights @ power / 3.0, 1e-14)))


def hiss_dba(audio: Floats, rounded: Floats, sample_rate: int) -> float:
    """The A-weighted level in dBFS of the error where the sound is quietest."""
    quiet, error = (_levels_dba(x, sample_rate) for x in (audio, rounded - audio))
    return float(np.median(error[quiet <= np.quantile(quiet, QUIETER_SHARE)]))


def rounded(instrument: Instrument, audio: Floats) -> Floats:
    """A sound as the classes or the values of a model of excitations say it."""
    signature = instrument.file.signature
    codec, outline = Codec.of(signature), outline_of(audio, signature)
    tokens = tokens_of(signature, audio)
    driving = codec.values[tokens] if codec.levels else codec.limit * tokens[:, 0]
    return instrument.runtime.filtered(driving, outline.lags) if codec.order else driving


def unsteadiness_cents(audio: Floats, sample_rate: int) -> float | None:
    """Root-mean-square deviation of the strongest partial from its mean, over all steady tones."""
    window = 2 * round(TONE_SECONDS * sample_rate / 2)
    hop = window // 8
    power = stft_power(audio, window, hop).astype(np.float64)[:, 4:-4]
    peaks = np.argmax(power[1:-1], axis=0) + 1
    frames = np.arange(power.shape[1])
    logs = np.log(np.maximum(power, 1e-20))
    below, at, above = (logs[peaks + step, frames] for step in (-1, 0, 1))
    offset = np.clip(0.5 * (below - above) / np.minimum(below - 2.0 * at + above, -1e-9), -1, 1)
    cents = 1200.0 * np.log2(np.maximum(peaks + offset, 0.5) * sample_rate / window)
    heard = 10.0 * np.log10(np.maximum(power[peaks, frames], 1e-20)) > AUDIBLE_DB
    breaks = np.flatnonzero((np.abs(np.diff(cents)) > 100.0) | ~heard[1:] | ~heard[:-1]) + 1
    least = round(STEADY_SECONDS * sample_rate / hop)
    tones = [run for run in np.split(cents, breaks) if len(run) >= least and np.ptp(run) < 100.0]
    if not tones:
        return None
    return float(np.sqrt(np.mean(np.concatenate([run - run.mean() for run in tones]) ** 2)))


def measured(
    instrument: Instrument, sampling: Sampling, subject: Subject, seconds: float
) -> dict[str, Any]:
    """One row of the table."""
    rate = instrument.sample_rate
    samples = round(seconds * rate)
    made = [play(instrument, subject.picked, samples, sampling, seed).audio for seed in SEEDS]
    row: dict[str, Any] = {"style": subject.style}
    for name, sounds in (("real", [c.audio for c in subject.held_out]), ("generated", made)):
        heard = [excerpt(audio, rate, seconds) for audio in sounds]
        cents = [c for c in (unsteadiness_cents(x, rate) for x in heard) if c is not None]
        row[f"{name}_quiet_dba"] = round(
            float(np.mean([quiet_level_dba(x, rate) for x in heard])), 1
        )
        row[f"{name}_cents"] = round(float(np.mean(cents)), 1) if cents else None
    clip = excerpt(subject.held_out[0].audio, rate, seconds)
    row["hiss_dba"] = round(hiss_dba(clip, rounded(instrument, clip), rate), 1)
    row["plain_hiss_dba"] = round(hiss_dba(clip, mulaw_decode(mulaw_encode(clip)), rate), 1)
    return row


def table_of(model: str, sampling: Sampling, seconds: float) -> dict[str, Any]:
    """The rows of one model, a style each."""
    instrument = ready(model)
    with open_library() as library:
        found = subjects(library, instrument.sample_rate)
    with ThreadPoolExecutor() as pool:
        rows = pool.map(lambda each: measured(instrument, sampling, each, seconds), found)
        return {"model": instrument.identity, "rows": list(rows)}


def main() -> int:
    """Print the tables, write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", nargs="+", default=list(shipped_models()))
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--top-p", type=float, default=1.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sampling = Sampling(temperature=options.temperature, top_p=options.top_p)
    tables = [table_of(model, sampling, options.seconds) for model in options.model]
    result = {
        "question": "How quiet are the pauses, and how steady are the tones?", "seeds": SEEDS,
        "seconds": options.seconds, "temperature": options.temperature, "top_p": options.top_p,
        "models": tables,
    }  # fmt: skip
    records.save("tone_quality", result)
    shown = json.dumps(result, indent=2) + "\n" if options.json else "".join(map(_table, tables))
    sys.stdout.write(shown)
    return 0


def _table(table: dict[str, Any]) -> str:
    rows = table["rows"]
    names = list(rows[0])
    lines = [[table["model"]], names, *([str(row[name]) for name in names] for row in rows)]
    return "".join("  ".join(f"{cell:>19}" for cell in line) + "\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
