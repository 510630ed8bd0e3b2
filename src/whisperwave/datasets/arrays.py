"""Large arrays written row by row into NumPy's own file format, and digested on the way."""

import hashlib
import io
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class ArrayWriter:
    """Writes ``[N, K]`` into a ``.npy`` file, of which only what is being added is in memory.

    A thread of its own digests what is added while the next rows are fetched.

    Args:
        path: the file to be.
        shape: of the whole array; exactly so many rows must be added.
        dtype: little-endian.
    """

    def __init__(self, path: Path, shape: tuple[int, int], dtype: str) -> None:
        self._shape, self._dtype, self._rows = shape, np.dtype(dtype), 0
        self._digest, self._thread = hashlib.sha256(), ThreadPoolExecutor(1)
        self._digesting: Future[None] | None = None
        self._file = path.open("wb")
        header = io.BytesIO()
        facts = {"shape": shape, "fortran_order": False, "descr": self._dtype.str}
        np.lib.format.write_array_header_1_0(header, facts)
        self._write(header.getbuffer())

    @property
    def sha256(self) -> str:
        """The digest of the file, once it has been closed."""
        return self._digest.hexdigest()

    def add(self, rows: NDArray[Any]) -> None:
        """Append rows ``[n, K]``."""
        self._write(np.ascontiguousarray(rows, self._dtype).reshape(-1).view(np.uint8).data)
        self._rows += len(rows)

    def _write(self, data: memoryview) -> None:
        if self._digesting is not None:
            self._digesting.result()  # no more than two at a time are in memory
        self._digesting = self._thread.submit(self._digest.update, data)
        self._file.write(data)

    def __enter__(self) -> "ArrayWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._thread.shutdown()
        self._file.close()
        if kind is None and self._rows != self._shape[0]:
            raise AssertionError(f"{self._rows} rows were added of {self._shape[0]}")
