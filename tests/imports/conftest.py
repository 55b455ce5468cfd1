"""Fixtures of the tests of exports and imports."""

from exporting import greedy, hostile, sampled, searched, sums

__all__ = ["greedy", "hostile", "sampled", "searched", "sums"]
