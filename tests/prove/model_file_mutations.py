"""Does the reader refuse every damaged model file? Flips bits and cuts the file, and counts.

    python tests/prove/model_file_mutations.py --flips 100000 --json results.json

Every bit of the header is flipped and the file is cut at every byte of the header; of the tensors,
``--flips`` random bits are flipped and ``--cuts`` random places are cut (all, where the file is
smaller). The exit status is 0 only if every one was refused with an error of ours.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from whisperwave.errors import ModelFileError
from whisperwave.library import durable
from whisperwave.modelfile import reading

GOLDEN = Path(__file__).parents[1] / "golden" / "model-file" / "tiny.safetensors"


def flipped(blob: bytes, bits: Iterable[int]) -> Iterator[np.ndarray]:
    """The file with one bit turned, for each of ``bits``."""
    data = np.frombuffer(blob, np.uint8).copy()
    for bit in bits:
        data[bit // 8] ^= 1 << bit % 8
        yield data
        data[bit // 8] ^= 1 << bit % 8


def cut(blob: bytes, lengths: Iterable[int]) -> Iterator[np.ndarray]:
    """The file's first ``length`` bytes, for each of ``lengths``."""
    data = np.frombuffer(blob, np.uint8)
    return (data[:length] for length in lengths)


def refusals(mutants: Iterable[np.ndarray]) -> Counter[str]:
    """How many mutants got which code; ``ACCEPTED`` counts those that were let through."""
    return Counter(_code(mutant) for mutant in mutants)


def _code(mutant: np.ndarray) -> str:
    try:
        reading.parse(mutant)
    except ModelFileError as error:
        return error.code
    return "ACCEPTED"


def sample(low: int, high: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """At most ``count`` different whole numbers of [low, high), all of them if there are fewer."""
    numbers = np.arange(low, high)
    return numbers if count >= numbers.size else rng.choice(numbers, count, replace=False)


def prove(path: Path, flips: int, cuts: int, seed: int, header_every: int = 1) -> dict[str, Any]:
    """Run every mutation and return the counts."""
    blob = path.read_bytes()
    rng = np.random.default_rng(seed)
    start = 8 + int.from_bytes(blob[:8], "little")
    end = len(blob)
    groups = {
        "header_bits": flipped(blob, range(seed % header_every, start * 8, header_every)),
        "tensor_bits": flipped(blob, sample(start * 8, end * 8, flips, rng)),
        "header_cuts": cut(blob, range(0, start, header_every)),
        "tensor_cuts": cut(blob, sample(start, end, cuts, rng)),
    }
    counts = {name: dict(sorted(refusals(group).items())) for name, group in groups.items()}
    tried = sum(sum(group.values()) for group in counts.values())
    accepted = sum(group.get("ACCEPTED", 0) for group in counts.values())
    return {"file": path.name, "seed": seed, "tried": tried, "accepted": accepted, **counts}


def main() -> int:
    """Read the options, prove, print and save the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=GOLDEN, help="the model file to damage")
    parser.add_argument("--flips", type=int, default=100_000, help="bits of the tensors to flip")
    parser.add_argument("--cuts", type=int, default=1_000, help="places in the tensors to cut at")
    parser.add_argument("--header-every", type=int, default=1, help="of the header, each n-th")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="where to write the result")
    options = parser.parse_args()
    result = prove(options.model, options.flips, options.cuts, options.seed, options.header_every)
    text = json.dumps(result, indent=2)
    print(text)  # noqa: T201 # a proof's output is its purpose
    if options.json:
        durable.write_bytes(options.json, text.encode() + b"\n")
    return 1 if result["accepted"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
