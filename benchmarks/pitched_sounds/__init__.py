"""Sounds whose pitch is known at every sample, kind by kind."""

from pitched_sounds.cases import CASES, Case, Sound
from pitched_sounds.judging import Judgement, Track, judge

__all__ = ["CASES", "Case", "Judgement", "Sound", "Track", "judge"]
