"""How fast is an autoregressive WaveNet on this machine, and how near is that to what it can do?

    python benchmarks/generation_speed.py [--preset asmr] [--rounds 7] [--seconds 0.3] [--busy 2]
        [--output FILE] [--json]

The same as ``whisperwave bench generation``. Without options it asks the whole question, a busy
machine included, and keeps the answer as the record. What the columns mean is in
`docs/reference/generation-speed.md`.
"""

import sys

import records
from whisperwave.cli import main

WHOLE = ("--busy", "2", "--output", str(records.RESULTS / "generation_speed.json"))

if __name__ == "__main__":
    sys.exit(main(["bench", "generation", *(sys.argv[1:] or WHOLE)]))
