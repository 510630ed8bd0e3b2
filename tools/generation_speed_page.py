"""Write docs/reference/generation-speed.md from its results; --check only says if it is current."""

import sys
from collections.abc import Iterator
from typing import Any

import result_pages
from whisperwave.benchmarks.measuring.tables import markdown
from whisperwave.benchmarks.wavenet_ways.rows import COLUMNS, UNDER_LOAD

HEAD = """# Speed of generation

Written by `make bench-generation`, which measures, and by `make fix` from
`benchmarks/results/generation_speed.json`; a test holds the two equal. To ask your own machine,
`whisperwave bench generation --preset l20`, with `--json` for programs and `--output FILE.json` to
keep the answer; the ways through PyTorch and ONNX Runtime take part where these are installed.

One run, the same random weights for every way, the ways in turn. Before it was timed, a way had to
foretell what the plain engine foretells. On one thread:

- **full window**: the whole receptive field through the network for every sample, as the first
  project did; the same convolutions in PyTorch and in ONNX Runtime.
- **cached step**: each layer keeps its past inputs. `Conv1d modules` is how public implementations
  write it; `best eager PyTorch` and `ONNX Runtime` are the fastest that we can write, products of
  matrices and vectors on memory allocated once.
- **engine**: ours, on the named instruction set.

What the columns mean:

- **samples/s**: the median over the rounds, of all streams together, with the least and the most;
  **× real time** is that at 16 and at 44.1 kHz, and **GMAC/s** that times the multiply-adds of one
  cached step.
- **weights**: bytes that are read for a sample of one stream.
- **of read limit**: the share of merely reading those bytes from the cache or memory they fit in,
  as so many threads did in the same rounds; one reading serves all streams. No way that reads its
  weights once a sample passes 100 %, but for noise.
- **of arithmetic limit**: the share of what so many threads multiply and add in this precision when
  they do nothing else. Of bfloat16 on `avx512bf16` that was measured too low, for the compiler kept
  the measurement's sums in memory: shares above 100 % there say nothing.
- **bits/sample cost**: what it costs to foretell by this way instead of the float32 oracle: the
  mean Kullback-Leibler divergence of the predictions, on these random weights.

A dash: not measured.
"""
LOADED = """## On a busy machine

The same, while other processes computed all the time at the same priority: waiting is bounded, so
several threads must not be slower than one.
"""


def page(result: dict[str, Any]) -> str:
    """The whole page."""
    return "\n".join([HEAD, *_machine(result["machine"]), *_presets(result["rows"])])


def _machine(facts: dict[str, Any]) -> Iterator[str]:
    versions = ", ".join(
        f"{name} {facts[name]}" for name in ("torch", "onnxruntime") if facts[name]
    )
    yield (
        f"Measured on {facts['date']}: {facts['processor']}, {facts['cores']} cores, "
        f"{facts['system']}, Python {facts['python']}, {versions}; load average before "
        f"{facts['load_average_before']}.\n"
    )


def _presets(rows: list[dict[str, Any]]) -> Iterator[str]:
    for preset in dict.fromkeys(row["preset"] for row in rows):
        own = [row for row in rows if row["preset"] == preset and not row["busy"]]
        yield f"## `{preset}`: {own[0]['multiply_adds']:,} multiply-adds a sample\n"
        yield markdown(COLUMNS, own) + "\n"
    loaded = [row for row in rows if row["busy"]]
    if loaded:
        yield LOADED
        yield markdown(UNDER_LOAD, loaded) + "\n"


if __name__ == "__main__":
    sys.exit(result_pages.run(__doc__, "generation_speed", "generation-speed.md", page))
