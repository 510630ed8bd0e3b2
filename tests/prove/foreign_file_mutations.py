"""Does importing survive damaged checkpoints? Flips bits and cuts files of every kind, and counts.

    python tests/prove/foreign_file_mutations.py --mutants 300 --json results.json

Every mutant goes the whole way of `whisperwave import`, but for writing. It must be refused by a
code of ours, or give a model that proves itself against the very bytes it came from: a flipped bit
inside a weight is another weight, where the format has no checksum. Anything else is a fault.
"""

import argparse
import json
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "exchange"))

import tensorflow_wavenets
import torch
from onnx_wavenets import Writer
from torch_wavenets import living_elsewhere, network

from whisperwave.errors import WhisperwaveError
from whisperwave.exchange.importing import Import, convert
from whisperwave.library import durable

Files = Mapping[str, bytes]
PROVED = "PROVED"
PER_BLOCK = 3  # of every network here


def sources(folder: Path) -> dict[str, tuple[str, Files]]:
    """One small checkpoint of every kind: its importer and its files."""
    net = network(bias=True)
    torch.save(net.state_dict(), folder / "state.pt")
    with living_elsewhere(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch would like to keep the classes' source, too
        torch.save(net, folder / "module.pt", _use_new_zipfile_serialization=False)
    Writer(heard=True, hard=True, weights="channel").write(net, folder / "net.onnx")
    held = tensorflow_wavenets.variables()
    tensorflow_wavenets.write_bundle(folder, held)
    tensorflow_wavenets.write_slices(folder / "model.ckpt-8", held)
    bundle = ("model.ckpt-7.index", "model.ckpt-7.data-00000-of-00001")
    return {
        "state dict": ("pytorch_wavenet", _files(folder, "state.pt")),
        "module": ("pytorch_wavenet", _files(folder, "module.pt")),
        "onnx": ("onnx", _files(folder, "net.onnx")),
        "bundle": ("tensorflow", _files(folder, *bundle)),
        "slices": ("tensorflow", _files(folder, "model.ckpt-8")),
    }


def _files(folder: Path, *names: str) -> Files:
    return {name: (folder / name).read_bytes() for name in names}


def mutants(files: Files, count: int, rng: np.random.Generator) -> Iterator[Files]:
    """Half of them with a bit flipped, half of them cut, at random places of a random file."""
    names = sorted(files)
    for number in range(count):
        name = names[rng.integers(len(names))]
        content = bytearray(files[name])
        place = int(rng.integers(len(content)))
        if number % 2:
            del content[place:]
        else:
            content[place] ^= 1 << int(rng.integers(8))
        yield {**files, name: bytes(content)}


def outcome(importer: str, files: Files) -> str:
    """The code of the refusal, or `PROVED`, or the name of an error that is a fault of ours."""
    request = Import(Path("source"), Path("output"), layers_per_block=PER_BLOCK)
    try:
        convert(request, importer, files, _sound)
    except WhisperwaveError as error:
        return error.code
    except Exception as error:  # noqa: BLE001 # what must not happen is counted, not raised
        return f"FAULT {type(error).__name__}"
    return PROVED


def _sound(sample_rate: int) -> np.ndarray:
    """Two seconds of a tone in noise."""
    noise = np.random.default_rng(0).standard_normal(2 * sample_rate)
    tone = np.sin(np.arange(2 * sample_rate) * 2 * np.pi * 220 / sample_rate)
    return (0.2 * tone + 0.02 * noise).astype(np.float32)


def prove(count: int, seed: int, kinds: Mapping[str, tuple[str, Files]]) -> dict[str, Any]:
    """Damage ``count`` files of each kind and count the outcomes."""
    rng = np.random.default_rng(seed)
    counts = {
        kind: dict(Counter(outcome(importer, each) for each in mutants(files, count, rng)))
        for kind, (importer, files) in kinds.items()
    }
    whole = {kind: outcome(importer, files) for kind, (importer, files) in kinds.items()}
    faults = sum(n for each in counts.values() for code, n in each.items() if "FAULT" in code)
    return {"seed": seed, "tried": count * len(kinds), "faults": faults, "whole": whole, **counts}


def main() -> int:
    """Read the options, prove, print and save the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mutants", type=int, default=300, help="of each kind of file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="where to write the result")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = prove(options.mutants, options.seed, sources(Path(folder)))
    text = json.dumps(result, indent=2)
    print(text)  # noqa: T201 # a proof's output is its purpose
    if options.json:
        durable.write_bytes(options.json, text.encode() + b"\n")
    return 1 if result["faults"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
