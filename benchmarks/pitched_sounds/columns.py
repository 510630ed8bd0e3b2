"""What a table of pitch methods says of each."""

from whisperwave.benchmarks.measuring import tables

COLUMNS = (
    tables.text("method", "method"),
    tables.number("median error", "median_cents", 1, " cents"),
    tables.number("right to 50 cents", "right", 100, " %"),
    tables.number("gross errors", "gross", 100, " %"),
    tables.number("voicing errors", "voicing", 100, " %"),
)
SPEED = (
    tables.text("method", "method"),
    tables.text("version", "version"),
    tables.number("× real time", "real_time"),
)
