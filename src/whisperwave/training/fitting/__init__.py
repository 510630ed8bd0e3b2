"""The steps of a run, by Lightning, and what happens around them.

What is found out before the first (`memory_estimate`, `overfitting`), what is told and looked at
between them, and how they end, by the clock, by hand, or undone since one was not finite.
"""
