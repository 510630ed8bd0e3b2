"""Beside this file lies `tiny_wavenets`, which the tests in here and below import."""
