"""Does it sound like the picks? The style evaluation, one file a question."""

from whisperwave.generation.evaluation.protocol import SEEDS
from whisperwave.generation.evaluation.style import StyleEvaluation, evaluate_style

__all__ = ["evaluate_style", "StyleEvaluation", "SEEDS"]
