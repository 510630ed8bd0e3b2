"""How good is a model? One file a question: like the picks, and right about held-out sound."""

from whisperwave.generation.evaluation.heldout import HeldOutEvaluation, evaluate_held_out
from whisperwave.generation.evaluation.protocol import SEEDS
from whisperwave.generation.evaluation.style import StyleEvaluation, evaluate_style

__all__ = [
    "evaluate_style", "StyleEvaluation", "SEEDS", "evaluate_held_out", "HeldOutEvaluation",
]  # fmt: skip
