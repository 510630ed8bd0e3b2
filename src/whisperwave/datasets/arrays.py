"""Large arrays written row by row into NumPy's own file format."""

from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray


class ArrayWriter:
    """Writes ``[N, K]`` into a ``.npy`` file, of which only what is being added is in memory.

    Args:
        path: the file to be.
        shape: of the whole array; exactly so many rows must be added.
        dtype: little-endian.
    """

    def __init__(self, path: Path, shape: tuple[int, int], dtype: str) -> None:
        self._shape, self._dtype, self._rows = shape, np.dtype(dtype), 0
        self._file = path.open("wb")
        header = {"shape": shape, "fortran_order": False, "descr": self._dtype.str}
        np.lib.format.write_array_header_1_0(self._file, header)

    def add(self, rows: NDArray[Any]) -> None:
        """Append rows ``[n, K]``."""
        np.ascontiguousarray(rows, self._dtype).tofile(self._file)
        self._rows += len(rows)

    def __enter__(self) -> "ArrayWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        if kind is None and self._rows != self._shape[0]:
            raise AssertionError(f"{self._rows} rows were added of {self._shape[0]}")
