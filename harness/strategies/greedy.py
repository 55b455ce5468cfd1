"""Greedy decoding: the baseline of every comparison."""

from harness.core import Prompt, Selection
from harness.policy import Policy

TEMPERATURE = 0.0
"""This strategy's own, whatever the command says."""


async def greedy(prompt: Prompt, policy: Policy) -> Selection:
    """One response, decoded greedily (temperature 0)."""
    return Selection(tuple(await policy.sample(prompt)))
