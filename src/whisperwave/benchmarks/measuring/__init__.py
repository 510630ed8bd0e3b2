"""What benchmarks share: rates, the machine's limits and facts, load and tables."""
