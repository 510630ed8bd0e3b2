"""What was measured of one way: as numbers for the record, and as columns for a reader."""

from typing import Any

from whisperwave.benchmarks.measuring.limits import Limits, Question
from whisperwave.benchmarks.measuring.rates import Rates
from whisperwave.benchmarks.measuring.tables import number, text
from whisperwave.benchmarks.wavenet_ways import Network
from whisperwave.benchmarks.wavenet_ways.engine import packed
from whisperwave.benchmarks.wavenet_ways.way import Way

KINDS = (
    text("way", "way"),
    text("precision", "precision"),
    number("threads", "threads"),
    number("streams", "streams"),
)
SPEEDS = (
    number("samples/s", "samples_per_second"),
    number("least", "samples_per_second_min"),
    number("most", "samples_per_second_max"),
    number("× real time, 16 kHz", "times_real_time_16khz"),
    number("44.1 kHz", "times_real_time_44_1khz"),
)
COLUMNS = (
    *KINDS,
    *SPEEDS,
    number("GMAC/s", "gmac_per_second"),
    number("weights, MB", "weight_bytes", 1e-6),
    number("of read limit", "share_of_read_limit", 100, " %"),
    number("of arithmetic limit", "share_of_arithmetic_limit", 100, " %"),
    number("bits/sample cost", "bits_per_sample_cost"),
)
UNDER_LOAD = (text("preset", "preset"), number("busy processes", "busy"), *KINDS, *SPEEDS)


def question(network: Network, way: Way) -> Question:
    """Which limits of the machine hold for a way."""
    weight_bytes = packed(network, "auto", way.precision).bytes_per_sample
    return Question(way.precision, weight_bytes, way.threads)


def speed(preset: str, network: Network, way: Way, rates: Rates, busy: int) -> dict[str, Any]:
    """How fast the way was, all streams together."""
    facts = packed(network, "auto", way.precision)
    return {
        "preset": preset,
        "way": way.name,
        "precision": way.precision,
        "threads": way.threads,
        "streams": way.streams,
        "busy": busy,
        "samples_per_second": digits(rates.median),
        "samples_per_second_min": digits(min(rates.by_clock)),
        "samples_per_second_max": digits(max(rates.by_clock)),
        "samples_per_processor_second": digits(rates.per_processor_second),
        "times_real_time_16khz": digits(rates.median / 16_000),
        "times_real_time_44_1khz": digits(rates.median / 44_100),
        "gmac_per_second": digits(rates.median * facts.multiply_adds / 1e9),
        "multiply_adds": facts.multiply_adds,
        "weight_bytes": facts.bytes_per_sample,
    }


def shares(network: Network, way: Way, rates: Rates, limits: Limits) -> dict[str, Any]:
    """How near to the limits that was; one read of the weights serves all streams."""
    asked = question(network, way)
    # A busy moment disturbs processor time less, but several threads may also sleep.
    reached = rates.per_processor_second if way.threads == 1 else rates.median
    read = way.streams * limits.bytes_per_second(asked) / asked.weight_bytes
    adds = limits.multiply_adds_per_second(asked)
    most = adds and adds / packed(network, "auto", way.precision).multiply_adds
    return {
        "read_limit_samples_per_second": digits(read),
        "share_of_read_limit": digits(reached / read),
        "arithmetic_limit_samples_per_second": most and digits(most),
        "share_of_arithmetic_limit": most and digits(reached / most),
    }


def digits(value: float) -> float:
    """Five digits that count; no measurement is better."""
    return float(f"{value:.5g}")
