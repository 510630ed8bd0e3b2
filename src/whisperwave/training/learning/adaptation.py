"""The weights of an earlier network, fitted to one that hears more, or hears samples otherwise."""

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional as F

from whisperwave.nn import nearest_line

BORDERS = ("embedding.", "end2.")  # the layers that know what a sample is: a class, or values

Weights = dict[str, Tensor]


def adapted(weights: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> tuple[Weights, Weights]:
    """The weights of an earlier network as a new one can begin with them.

    What is new in its conditioning (controls beside a style) starts at zero: the network begins by
    not listening to it. Where classes become values, the first layer starts as the line nearest to
    its table of classes. Else a layer of `BORDERS` that has another shape starts anew.

    Args:
        weights: by name, of the earlier network.
        wanted: by name, of the new network before it has learned anything.

    Returns:
        All weights, and those among them that are not of the earlier network.
    """
    kept = {name: _widened(weight, wanted.get(name), name) for name, weight in weights.items()}
    fresh: Weights = {}
    for border in BORDERS:
        old, new = ({n: w for n, w in of.items() if n.startswith(border)} for of in (kept, wanted))
        if {n: w.shape for n, w in old.items()} != {n: w.shape for n, w in new.items()}:
            kept = {name: weight for name, weight in kept.items() if name not in old}
            fresh |= _line(old, new) or new
    return kept | fresh, fresh


def _widened(weight: Tensor, wanted: Tensor | None, name: str) -> Tensor:
    more = 0 if wanted is None else wanted.shape[-1] - weight.shape[-1]
    if name.endswith("conditioning.weight") and more > 0:
        return F.pad(weight, (0, more))
    return weight


def _line(old: Weights, new: Weights) -> Weights | None:
    """A first layer of values, one a sample, from a table of classes with the same taps."""
    weight, bias = "embedding.weight", "embedding.bias"
    if weight not in old or bias in old or bias not in new:
        return None
    taps = len(new[weight])
    if len(old[weight]) % taps or old[weight].shape[1] != new[weight].shape[1]:
        return None
    return dict(
        zip((weight, bias), nearest_line(old[weight].unflatten(0, (taps, -1))), strict=True)
    )
