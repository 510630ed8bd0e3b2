"""Before a way is timed it must foretell what the scalar engine, the oracle here, foretells."""

import numpy as np
from numpy.typing import NDArray

from whisperwave.benchmarks.wavenet_ways import Network
from whisperwave.benchmarks.wavenet_ways.engine import Engine
from whisperwave.benchmarks.wavenet_ways.way import Way
from whisperwave.errors import EngineError

# Of a way's logits, relative to their norm.
MOST_ERROR = {"float32": 1e-4, "bfloat16": 0.2, "int8": 0.2}
STEPS = 100  # that a way takes which need not hear a whole window


class Exam:
    """Random classes as long as the receptive field, and what the oracle says after each."""

    def __init__(self, network: Network) -> None:
        generator = np.random.default_rng(1)
        classes = generator.integers(0, network.config["classes"], network.receptive_field)
        self._classes = classes.tolist()
        self._answers = Engine(network, "scalar").logits(self._classes)

    def sit(self, way: Way) -> float:
        """What it costs to foretell by this way, in bits per sample.

        Raises:
            EngineError: ``WRONG_WAY``.
        """
        asked = self._classes if way.needs_whole_window else self._classes[:STEPS]
        given = way.logits(asked)
        expected = self._answers[len(asked) - len(given) : len(asked)]
        error = float(np.linalg.norm(given - expected) / np.linalg.norm(expected))
        if not error < MOST_ERROR[way.precision]:
            raise _wrong(way, f"its logits differ by {error:.2g} of their norm")
        if not way.is_consistent():
            raise _wrong(way, f"{way.streams} streams are not what each is alone")
        return divergence_bits(expected, given)


def divergence_bits(expected: NDArray[np.floating], given: NDArray[np.floating]) -> float:
    """Kullback-Leibler divergence of softmax(given) from softmax(expected), mean over [n, A].

    So many bits more a sample costs that `expected` plays, if `given` foretells it.
    """
    wanted, said = _log_shares(expected), _log_shares(given)
    return float(np.mean(np.sum(np.exp(wanted) * (wanted - said), axis=1)) / np.log(2))


def _wrong(way: Way, what: str) -> EngineError:
    return EngineError(
        "WRONG_WAY", f"{way.name} is wrong: {what}.",
        "Please report it, with the output of whisperwave doctor.",
    )  # fmt: skip


def _log_shares(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    raised = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    shares: NDArray[np.float64] = raised - np.log(np.exp(raised).sum(axis=1, keepdims=True))
    return shares
