"""Sound files to write: one file a format, found by the extension of the output's name."""
