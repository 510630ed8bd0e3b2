"""The grid: every class of some checkpoints, to be heard side by side."""

from whisperwave.generation.grid.making import Grid, GridRequest, make_grid

__all__ = ["make_grid", "GridRequest", "Grid"]
