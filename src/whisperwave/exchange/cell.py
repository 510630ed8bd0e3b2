"""The reader process, as its parent sees it: a foreign file in, a plain network out.

Every file gets a process of its own, which ends with the answer.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import numpy as np

from whisperwave.errors import ModelFileError
from whisperwave.exchange.foreign.faults import damaged
from whisperwave.exchange.foreign.layers import Array, Plain
from whisperwave.exchange.foreign.questions import Question
from whisperwave.library.confinement import ConfinedProcess, Ending
from whisperwave.library.frames import receive, send

COMMAND = ("-P", "-m", "whisperwave.exchange.reader")
# Wall-clock limit: this many times the processor time that the reader may use, for busy machines.
_PATIENCE = 4
_CPU_SECONDS = 120.0
# Beyond the interpreter's own: the content is joined from pieces, read, widened to 64 bits, and
# evaluated.
_MEMORY_BYTES, _MEMORY_PER_BYTE = 1024**3, 4
_MOST_TENSORS = 65_536


def read(importer: str, files: Mapping[str, bytes]) -> Plain:
    """The network in a foreign file.

    Raises:
        ModelFileError: the file is refused, or its reader ended too early.
    """
    arrays, rest = _asked(importer, files, None)
    dilations = rest["dilations"]
    network = Plain(
        arrays,
        None if dilations is None else tuple(dilations),
        bool(rest["scalar"]),
        rest["facts"],
    )
    network.check()
    return network


def foretell(importer: str, files: Mapping[str, bytes], question: Question) -> Array:
    """What the network in a foreign file answers: logits ``[N, n, A]``.

    Raises:
        ModelFileError: as `read`.
    """
    arrays, _ = _asked(importer, files, question)
    return arrays["logits"]


def _asked(
    importer: str, files: Mapping[str, bytes], question: Question | None
) -> tuple[dict[str, Array], dict[str, Any]]:
    size = sum(len(content) for content in files.values())
    request = {
        "importer": importer,
        "files": list(files),
        "question": question.as_mapping() if question else None,
        "cpu_seconds": _CPU_SECONDS,
        "memory_bytes": _MEMORY_BYTES + _MEMORY_PER_BYTE * size,
    }
    process, blocks = ConfinedProcess(COMMAND, _failure), []
    with closing(process), process.exchange(_PATIENCE * _CPU_SECONDS) as (requests, answers):
        send(requests, request)
        for content in files.values():
            send(requests, content)
        if question:
            send(requests, question.windows.astype(np.int32).tobytes())
        while isinstance(frame := receive(answers), bytes):
            blocks.append(frame)
    if "error" in frame:
        raise ModelFileError(**frame["error"])
    return dict(_arrays(blocks, frame["tensors"])), frame


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
