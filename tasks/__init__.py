"""Benchmarks: an lm-eval task definition each, loading functions beside them."""
