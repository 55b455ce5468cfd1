"""Majority voting."""

from harness.core import Prompt, Selection
from harness.policy import Policy


async def self_consistency(prompt: Prompt, policy: Policy, *, n: int = 16) -> Selection:
    """n independent responses; the most frequent answer is chosen (Wang et al., 2022). No answer, no vote."""
    return Selection(tuple(await policy.sample(prompt, n)), rule="majority")
