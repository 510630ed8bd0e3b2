"""The reader process: a foreign file's bytes in, plain tensors out, under limits.

It is started by `whisperwave.exchange.cell` and talks through its two pipes in
`whisperwave.library.frames`. A request is a mapping (``importer``, ``files`` with their names,
``question`` or None, and the limits), then a frame for each file, then one with the windows of the
question if there is one. The answer is any number of frames with the bytes of arrays, then a
mapping that describes them, or an error.
"""

import codecs
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any, BinaryIO

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


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer one request. What is imported is imported before the file's first byte comes."""
    request = receive(requests)
    if not isinstance(request, dict):
        raise TypeError("a request begins with a mapping")
    importer = find("exchange.importers", request["importer"])
    for form in _TEXT_FORMS:
        codecs.lookup(form)
    confine()
    close_the_door()
    limit_memory(request["memory_bytes"])
    limit_time(request["cpu_seconds"])
    files = {name: _bytes(requests) for name in request["files"]}
    told = request["question"]
    question = Question.of(told, _bytes(requests)) if told else None
    _answer(answers, importer, files, question)


def _answer(
    answers: BinaryIO, importer: ModuleType, files: Mapping[str, bytes], question: Question | None
) -> None:
    try:
        network = importer.plain(files)
        if question is None:
            _send_network(answers, network)
        else:
            logits = importer.foretell(files, network, question)
            _send(answers, {"logits": logits.astype(np.float32)}, {})
    except WhisperwaveError as error:
        send(answers, {"error": error.as_mapping()})
    except MemoryError:
        send(answers, {"error": damaged("it asks for more memory than it may have").as_mapping()})
    except Exception as error:  # noqa: BLE001 # whatever hostile bytes provoke is one refusal
        told = f"it cannot be read ({type(error).__name__})"
        send(answers, {"error": damaged(told).as_mapping()})


def _send_network(answers: BinaryIO, network: Plain) -> None:
    rest = {
        "dilations": network.dilations,
        "scalar": network.scalar,
        "facts": dict(network.facts),
    }
    _send(answers, network.tensors, rest)


def _send(answers: BinaryIO, arrays: Mapping[str, Array], rest: Mapping[str, Any]) -> None:
    listed = []
    for name, array in arrays.items():
        plain = np.ascontiguousarray(array, np.float32)
        send(answers, plain.tobytes())
        listed.append({"name": name, "shape": list(plain.shape)})
    send(answers, {"tensors": listed, **rest})


def _bytes(requests: BinaryIO) -> bytes:
    frame = receive(requests)
    if not isinstance(frame, bytes):
        raise TypeError("a file comes as bytes")
    return frame


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
