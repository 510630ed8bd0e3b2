"""Runtimes, one file each, found by name; `load(model, isa)` gives a `Runtime` or an `Effect`."""
