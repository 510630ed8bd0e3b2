"""int8 as the page of the model file describes it, in plain NumPy: the twin of the engine's."""

import numpy as np

from whisperwave.runtimes.backends.reference import ReferenceNetwork


class Int8Twin(ReferenceNetwork):
    """The oracle with weights and activations in whole steps; sums and biases stay float64."""

    def __init__(self, config, weights, signature, calibration):
        super().__init__(config, weights, signature)
        self._limits = calibration
        skips = [f"layers.{layer}.skip.weight" for layer in range(len(self.dilations))]
        joined = np.concatenate([self._w[name] for name in skips], axis=1)
        self._skip_steps = _row_steps(joined, 1 / 127)

    def product(self, name, x):
        """As the oracle's, but of what int8 has left of both sides."""
        kind = name.rpartition(".")[2]
        if kind == "dilated":
            limits = self._limits["layers"][int(name.split(".")[1])]
            older, newest = slice(None, -1), slice(-1, None)
            return sum(
                _product(self._w[f"{name}.weight"][..., taps], x[..., taps], limits / 127, 127)
                for taps in (older, newest)
            )
        weight = self._w[f"{name}.weight"][..., None]
        if kind == "skip":
            return _product(weight, x[..., None], 1 / 127, 127, self._skip_steps)
        if kind == "residual":
            return _product(weight, x[..., None], 1 / 127, 127)
        limits = self._limits["skip" if name == "end1" else "end"]
        return _product(weight, x[..., None], limits / 255, 255)


def _product(weight, x, steps, most, row_steps=None):
    """Of [O, I, k] and [T, I, k]; ``steps`` [I] are those of the inputs, at ``most`` so many."""
    steps = np.broadcast_to(steps, x.shape[1])[:, None]
    inverse = np.divide(1, steps, out=np.zeros_like(steps), where=steps > 0)
    heard = np.clip(np.rint(x * inverse), -most, most).reshape(len(x), -1)
    rows = (weight * steps).reshape(len(weight), -1)
    row_steps = _row_steps(rows, 1) if row_steps is None else row_steps
    whole = np.rint(np.divide(rows, row_steps, out=np.zeros_like(rows), where=row_steps > 0))
    return heard @ whole.T * row_steps.T


def _row_steps(rows, step):
    return np.abs(rows).max(axis=1, keepdims=True, initial=0) * step / 127
