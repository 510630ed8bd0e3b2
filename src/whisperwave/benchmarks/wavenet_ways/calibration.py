"""How large the activations of random weights are, which a network's int8 products must know."""

import numpy as np
from numpy.typing import NDArray

from whisperwave.benchmarks.wavenet_ways import Network

_HEARD = 500  # random classes


def calibration(network: Network) -> dict[str, NDArray[np.float32]]:
    """The largest inputs of layers [L, R], skip sums [S] and outputs of end1 [E]."""
    weights, generator = network.weights, np.random.default_rng(2)
    x = weights["embedding.weight"][generator.integers(0, network.config["classes"], _HEARD)]
    skip, layers = weights["skip_bias"].astype(np.float64), []
    for layer, dilation in enumerate(network.dilations):
        layers.append(np.abs(x).max(axis=0))
        name = f"layers.{layer}"
        past = np.concatenate([np.zeros((dilation, x.shape[1])), x])[: len(x)]
        kernel = weights[f"{name}.dilated.weight"]
        sums = past @ kernel[..., 0].T + x @ kernel[..., 1].T + network.bias(layer)
        filters, gates = np.split(sums, 2, axis=1)
        z = np.tanh(filters) / (1 + np.exp(-gates))
        skip = skip + z @ weights[f"{name}.skip.weight"].T
        if f"{name}.residual.weight" in weights:
            x = x + z @ weights[f"{name}.residual.weight"].T + weights[f"{name}.residual.bias"]
    end = np.maximum(skip, 0) @ weights["end1.weight"].T + weights["end1.bias"]
    largest = {
        "calibration.layers": np.stack(layers),
        "calibration.skip": np.maximum(skip, 0).max(axis=0),
        "calibration.end": np.maximum(end, 0).max(axis=0),
    }
    return {name: values.astype(np.float32) for name, values in largest.items()}
