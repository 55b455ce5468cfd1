"""Repeated sampling: the pool from which pass@k, maj@k and best@k are estimated."""

from harness.core import Prompt, Selection
from harness.policy import Policy


async def sample(prompt: Prompt, policy: Policy, *, n: int = 4) -> Selection:
    """n independent responses; the first is the chosen one (Chen et al., 2021)."""
    return Selection(tuple(await policy.sample(prompt, n)))
