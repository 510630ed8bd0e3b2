"""Which precision a model is played in: the one that was asked for, if it is offered."""

from collections.abc import Sequence

from whisperwave.errors import EngineError
from whisperwave.modelfile import ModelFile

AUTO = "auto"
MOST_COST_BITS = 0.01  # per sample; what costs more is asked for by name, or not played


def chosen(model: ModelFile, asked: str, computed: Sequence[str]) -> str:
    """The precision to play ``model`` in.

    Args:
        model: offers float32, and what its file says beside.
        asked: a precision, or ``auto``: int8 where it costs next to nothing, else float32.
        computed: the precisions of the backend that is to play it.

    Raises:
        EngineError: ``NO_PRECISION``, the backend cannot compute in it, or the file does not
            offer it.
    """
    if asked == AUTO:
        return "int8" if "int8" in computed and _costs_little(model, "int8") else "float32"
    if asked not in computed:
        raise EngineError(
            "NO_PRECISION",
            f"the runtime cannot compute in {asked!r}.",
            f"It computes in {', '.join(computed)}.",
        )
    if asked not in model.offered:
        raise EngineError(
            "NO_PRECISION",
            f"the model file does not offer {asked}, only {', '.join(model.offered)}.",
            "Run `whisperwave quantise` on it, take the file that the recipe names, or play it in "
            "float32, which sounds alike but gives other samples.",
        )
    return asked


def _costs_little(model: ModelFile, precision: str) -> bool:
    cost = model.precisions.get(precision)
    return cost is not None and cost.bits <= MOST_COST_BITS
