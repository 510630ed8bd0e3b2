"""The networks of other projects that commands import lie beside the tests of the exchange."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "exchange"))
