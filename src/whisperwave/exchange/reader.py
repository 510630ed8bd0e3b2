"""The reader process: a foreign file's bytes in, plain tensors out, under limits.

It is started by `whisperwave.exchange.cell` and talks through its two pipes in
`whisperwave.library.frames`. The first request is a mapping (``importer``, ``files`` with their
names, and the limits), then a frame for each file. Every further one is a question about the same
files: a mapping, then its windows. An answer is any number of frames with the bytes of arrays, then
a mapping that describes them, or an error.
"""

import codecs
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from types import ModuleType
from typing import Any, BinaryIO, TypeAlias

import numpy as np

from whisperwave.errors import WhisperwaveError
from whisperwave.exchange.foreign.faults import damaged
from whisperwave.exchange.foreign.layers import Array, Plain
from whisperwave.exchange.foreign.questions import Question
from whisperwave.library.frames import receive, send
from whisperwave.library.limits import close_the_door, confine, limit_memory, limit_time
from whisperwave.registry import find

# Python finds these where names in a zip archive are read and where names are shown; it would have
# to open a file for each.
_TEXT_FORMS = ("cp437", "unicode_escape")

_Answer: TypeAlias = tuple[Plain, Mapping[str, Array], Mapping[str, Any]]
"""The network, the arrays to send, and what is to be said of them."""


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Read one source and answer questions about it, until the other side goes away.

    What is imported is imported before the first byte of a stranger's comes.
    """
    request = _mapping(requests)
    importer = find("exchange.importers", request["importer"])
    for form in _TEXT_FORMS:
        codecs.lookup(form)
    confine()
    close_the_door()
    limit_memory(request["memory_bytes"])
    limit_time(request["cpu_seconds"])
    files = {name: _bytes(requests) for name in request["files"]}
    network = _answered(answers, lambda: _described(importer.plain(files)))
    while network is not None:
        try:
            asked = _mapping(requests)
        except EOFError:
            return
        limit_time(asked["cpu_seconds"])
        question = Question.of(asked, _bytes(requests))
        _answered(answers, partial(_foretold, importer, files, network, question))


def _described(network: Plain) -> _Answer:
    rest = {
        "dilations": network.dilations,
        "scalar": network.scalar,
        "facts": asdict(network.facts),
    }
    return network, network.tensors, rest


def _foretold(
    importer: ModuleType, files: Mapping[str, bytes], network: Plain, question: Question
) -> _Answer:
    return network, {"logits": importer.foretell(files, network, question)}, {}


def _answered(answers: BinaryIO, answer: Callable[[], _Answer]) -> Plain | None:
    """Send what was asked for, or why it is refused; the network, unless it is."""
    try:
        network, arrays, rest = answer()
        _send(answers, arrays, rest)
    except WhisperwaveError as error:
        refusal = error
    except MemoryError:
        refusal = damaged("it asks for more memory than it may have")
    except Exception as error:  # noqa: BLE001 # whatever hostile bytes provoke is one refusal
        refusal = damaged(f"it cannot be read ({type(error).__name__})")
    else:
        return network
    send(answers, {"error": refusal.as_mapping()})
    return None


def _send(answers: BinaryIO, arrays: Mapping[str, Array], rest: Mapping[str, Any]) -> None:
    listed = []
    for name, array in arrays.items():
        plain = np.ascontiguousarray(array, np.float32)
        send(answers, plain.tobytes())
        listed.append({"name": name, "shape": list(plain.shape)})
    send(answers, {"tensors": listed, **rest})


def _mapping(requests: BinaryIO) -> dict[str, Any]:
    frame = receive(requests)
    if not isinstance(frame, dict):
        raise TypeError("a request begins with a mapping")
    return frame


def _bytes(requests: BinaryIO) -> bytes:
    frame = receive(requests)
    if not isinstance(frame, bytes):
        raise TypeError("a file comes as bytes")
    return frame


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
