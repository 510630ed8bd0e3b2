"""One file an instrument: `VARIANTS`, its four named settings, and `score(setting, ...)`."""
