"""Ways to take a training step of one WaveNet."""
