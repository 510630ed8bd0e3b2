"""What is learned from: sounds and texts on their way from a prepared set to the batch of a step.

They become samples (`coding`) with their styles and outlines, are cut into crops by number, changed
as augmentation asks, and fed in order; `preparation` puts it together for a network.
"""
