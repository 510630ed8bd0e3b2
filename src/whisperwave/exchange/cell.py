"""The reader process, as its parent sees it: a foreign file in, a plain network out.

Every source gets a process of its own, which ends when nobody has a question any more.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from whisperwave.errors import ModelFileError
from whisperwave.exchange.foreign.faults import damaged
from whisperwave.exchange.foreign.layers import Array, Facts, Plain
from whisperwave.exchange.foreign.questions import Question
from whisperwave.library.confinement import ConfinedProcess, Ending
from whisperwave.library.frames import receive, send

COMMAND = ("-P", "-m", "whisperwave.exchange.reader")
# Wall-clock limit: this many times the processor time that the reader may use, for busy machines.
_PATIENCE = 4
_CPU_SECONDS = 120.0  # for reading, and again for each question
# Beyond the interpreter's own: the content is joined from pieces, read, widened to 64 bits, and
# evaluated.
_MEMORY_BYTES, _MEMORY_PER_BYTE = 1024**3, 4
_MOST_TENSORS = 65_536


class Source:
    """A foreign network, and the process that has read it."""

    def __init__(self, process: ConfinedProcess, importer: str, files: Mapping[str, bytes]) -> None:
        self._process = process
        size = sum(len(content) for content in files.values())
        request = {
            "importer": importer,
            "files": list(files),
            "memory_bytes": _MEMORY_BYTES + _MEMORY_PER_BYTE * size,
        }
        arrays, rest = self._asked(request, files.values())
        dilations = rest["dilations"]
        self.network = Plain(
            arrays,
            None if dilations is None else tuple(dilations),
            Facts.of(rest["facts"]),
            bool(rest["scalar"]),
        )
        self.network.check()

    def foretell(self, question: Question) -> Array:
        """What the network in the file answers: logits ``[N, n, A]``.

        Raises:
            ModelFileError: as `opened`.
        """
        windows = question.windows.astype(np.int32).tobytes()
        return self._asked(question.as_mapping(), [windows])[0]["logits"]

    def _asked(
        self, request: Mapping[str, Any], contents: Any
    ) -> tuple[dict[str, Array], dict[str, Any]]:
        blocks: list[bytes] = []
        with self._process.exchange(_PATIENCE * _CPU_SECONDS) as (requests, answers):
            send(requests, {**request, "cpu_seconds": _CPU_SECONDS})
            for content in contents:
                send(requests, content)
            while isinstance(frame := receive(answers), bytes):
                blocks.append(frame)
        if "error" in frame:
            raise ModelFileError(**frame["error"])
        return dict(_arrays(blocks, frame["tensors"])), frame


@contextmanager
def opened(importer: str, files: Mapping[str, bytes]) -> Iterator[Source]:
    """The network in a foreign file, as long as the block lasts.

    Args:
        importer: the name of one.
        files: the bytes of the source's files, by their names.

    Raises:
        ModelFileError: the file is refused, or its reader ended too early.
    """
    process = ConfinedProcess(COMMAND, _failure)
    try:
        yield Source(process, importer, files)
    finally:
        process.close()


def _arrays(blocks: list[bytes], listed: list[dict[str, Any]]) -> Iterator[tuple[str, Array]]:
    """The arrays; a reader that was taken over cannot make them disagree with their bytes."""
    if len(listed) != len(blocks) or len(listed) > _MOST_TENSORS:
        raise damaged(f"its reader sent {len(blocks)} arrays and described {len(listed)}")
    for entry, block in zip(listed, blocks, strict=True):
        numbers = np.frombuffer(block, np.float32)
        try:
            yield str(entry["name"]), numbers.reshape([int(size) for size in entry["shape"]])
        except ValueError as error:
            raise damaged("its reader sent an array of another size than it said") from error


def _failure(ending: Ending) -> ModelFileError:
    return ModelFileError(
        "IMPORT_TIMEOUT" if ending.is_late else "IMPORT_CRASHED",
        f"The reader of the file {ending.what}.",
        "The file is damaged or hostile, or far larger than any WaveNet.",
    )
