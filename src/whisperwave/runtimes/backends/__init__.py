"""Runtimes: one file each, found by its name; a module has `load(model, isa)`."""
