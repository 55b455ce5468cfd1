"""Verifier-reranked sampling."""

from harness.core import Prompt, Selection
from harness.policy import Policy
from harness.verification import Verification


async def best_of_n(
    prompt: Prompt, policy: Policy, verifier: Verification, *, n: int = 16, weighted: bool = False
) -> Selection:
    """n independent responses; the one with the highest score is chosen (Cobbe et al., 2021), or the answer with the
    largest sum of scores (`weighted`; Li et al., 2023)."""
    responses = await verifier.score(await policy.sample(prompt, n))
    return Selection(tuple(responses), rule="weighted_majority" if weighted else "best")
