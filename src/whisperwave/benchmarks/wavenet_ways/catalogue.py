"""All ways, in the order of the table. A new way is a new line here."""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from itertools import product
from typing import NamedTuple

from whisperwave import _engine
from whisperwave.benchmarks.wavenet_ways import Network
from whisperwave.benchmarks.wavenet_ways.engine import Engine
from whisperwave.benchmarks.wavenet_ways.presets import PRESETS, SMALLEST
from whisperwave.benchmarks.wavenet_ways.way import Way


class Foreign(NamedTuple):
    """A way that needs packages which the player does not install."""

    packages: tuple[str, ...]
    file: str
    name: str


TORCH, ONNX = ("torch",), ("onnx", "onnxruntime")
FOREIGN = (
    Foreign(TORCH, "modules", "FullWindow"),
    Foreign(ONNX, "onnx_window", "WindowGraph"),
    Foreign(TORCH, "modules", "ModuleStep"),
    Foreign(TORCH, "matrices", "MatrixStep"),
    Foreign(ONNX, "onnx_step", "StepGraph"),
)

# Of the engine, on the fastest instruction set; the others play one stream in float32.
PRECISIONS = ("float32", "bfloat16", "int8")
THREADS = (1, 2)
STREAMS = (1, 4, 16)
UNDER_LOAD = "float32"  # where only the number of threads and streams is asked about


def ways(network: Network) -> list[Way]:
    """All ways that can run here."""
    foreign = [made(each, network) for each in FOREIGN if not missing(each)]
    return [*foreign, *_engines(network)]


def ways_under_load(network: Network) -> list[Way]:
    """The ways whose threads wait for each other, beside those that have nobody to wait for."""
    return [Engine(network, "auto", UNDER_LOAD, *each) for each in product(THREADS, STREAMS)]


def made(foreign: Foreign, network: Network) -> Way:
    """One of the ways whose packages are installed."""
    module = import_module(f"{__package__}.{foreign.file}")
    way: Callable[[Network], Way] = getattr(module, foreign.name)
    return way(network)


def missing(foreign: Foreign) -> list[str]:
    """The packages that are not installed."""
    return [package for package in foreign.packages if not find_spec(package)]


def left_out() -> Iterator[tuple[str, str]]:
    """Each package that is not installed, with a way that needs it."""
    for each in FOREIGN:
        yield from ((package, each.name) for package in missing(each))


def _engines(network: Network) -> Iterator[Way]:
    for isa in _engine.instruction_sets()[:-1]:
        if isa != "scalar" or _is_smallest(network.config):  # the plain one takes its time
            yield Engine(network, isa)
    for precision, threads, streams in product(PRECISIONS, THREADS, STREAMS):
        yield Engine(network, "auto", precision, threads, streams)


def _is_smallest(config: Mapping[str, int]) -> bool:
    return config == PRESETS[SMALLEST]
