"""A scale: which number stands at which place of an axis."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whisperwave.reports import axes

Floats = NDArray[np.float64]

_LEAST_SPAN = 1e-9  # of the size of the numbers; a constant is drawn in the middle


@dataclass(frozen=True)
class Scale:
    """From ``low`` (place 0) to ``high`` (place 1); by ratios where ``decades`` says so."""

    low: float
    high: float
    decades: bool = False

    @classmethod
    def of(
        cls,
        values: Sequence[Floats],
        outliers: float = 0.0,
        *,
        margin: float = 0.0,
        zero: bool = False,
        decades: bool = False,
    ) -> "Scale":
        """The scale that shows all finite values.

        Args:
            values: arrays of any length.
            outliers: the share that may lie outside, at either end.
            margin: room at either end, as a share of the whole.
            zero: let it begin at 0.
            decades: space it by ratios; all values must be above 0.
        """
        every = np.concatenate([np.ravel(each) for each in values])
        finite = every[np.isfinite(every)]
        if not finite.size:
            return cls(0.0, 1.0)
        low, high = np.quantile(_spaced(finite, decades), [outliers, 1.0 - outliers])
        if zero:
            low = min(low, 0.0)
        least = max(_LEAST_SPAN, _LEAST_SPAN * abs(high))
        room = margin * (high - low) if high - low > least else max(abs(high) * 0.5, 0.5)
        bottom = 0.0 if zero and low == 0.0 else float(low - room)
        return cls(bottom, float(high + room), decades)

    def at(self, value: float) -> float:
        """The place of a value."""
        return float(self.of_all(np.array([value]))[0])

    def of_all(self, values: Floats) -> Floats:
        """The places [n] of values [n]."""
        places: Floats = (_spaced(values, self.decades) - self.low) / (self.high - self.low)
        return places

    def ticks(self, at_most: int) -> axes.Places:
        """Round numbers along it, with their places."""
        if not self.decades:
            return axes.places(axes.ticks(self.low, self.high, at_most), self.at)
        powers = range(int(np.floor(self.low)), int(np.ceil(self.high)) + 1)
        for factors in ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
            inside = [f * 10.0**p for p in powers for f in factors]
            inside = [value for value in inside if self.low <= np.log10(value) <= self.high]
            if len(inside) <= at_most:
                break
        return axes.places(inside, self.at)


def _spaced(values: Floats, decades: bool) -> Floats:
    return np.log10(values) if decades else values
