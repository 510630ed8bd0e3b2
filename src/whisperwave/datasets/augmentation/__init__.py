"""Ways to change sounds while they are learnt from; each file is one, found by its name."""
