"""``python -m whisperwave`` is the ``whisperwave`` command."""

import sys

from whisperwave.cli import main

if __name__ == "__main__":
    sys.exit(main())
