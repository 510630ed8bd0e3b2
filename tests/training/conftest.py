"""Makes `tiny_runs`, which lies beside it, importable from the folders below."""
