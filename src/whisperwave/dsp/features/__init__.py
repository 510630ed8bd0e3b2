"""Extractors of what a sound is like, one file each; whole and block by block."""
