"""Model families, one file each; `build(config)` makes the network that a file is about."""
