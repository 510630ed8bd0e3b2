"""What a run leaves: its folder and who holds it, log, checkpoints, previews and the model file.

What is kept when, and what is told of it to the log and to a tracker, is decided here, too.
"""
