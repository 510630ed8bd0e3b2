"""How a network learns: the loss of a batch, and the step against its gradient.

Which weights a run begins with, which of them stand still in which phase, how the rate moves, and
what a step must not be. Knows of batches, and nothing of the sounds they are cut from.
"""
