"""Fixtures of the tests of exports and imports."""

from exchange import greedy, hostile, sampled, searched, sums

__all__ = ["greedy", "hostile", "sampled", "searched", "sums"]
