"""Beam search over reasoning steps, guided by a verifier of partial solutions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from harness.core import Path, Prompt, Selection
from harness.policy import Policy
from harness.strategies._steps import chosen_by_score, distinct, grow, prune, response, score, settled, value
from harness.tree import Node, Tree
from harness.verification import Verification


async def beam(
    prompt: Prompt, policy: Policy, verifier: Verification, *, n: int = 16, width: int = 4, max_steps: int = 40
) -> Selection:
    """The n/width best partial solutions are kept after every step and continued `width` ways each (Snell et al., 2024;
    defaults of Beeching et al., 2024).

    The first step is drawn n times. Finished paths leave the beam and stay candidates; the last of `max_steps` steps
    runs to the end of the response; the search ends when no path is active. The best score wins. Where `width` does
    not divide n, the quotient is rounded down."""
    return await beams(
        prompt, policy, verifier, lambda nodes: score(nodes, verifier), n=n, width=width, max_steps=max_steps
    )


async def beams(
    prompt: Prompt,
    policy: Policy,
    verifier: Verification,
    judge: Callable[[Sequence[Node]], Awaitable[None]],
    *,
    n: int,
    width: int,
    max_steps: int,
) -> Selection:
    """Beam search in which `judge` puts a score on every new node."""
    tree, found = Tree(Path(prompt)), list[Node]()
    active, draws = [tree.root], n
    for step in range(1, max_steps + 1):
        children = distinct(await grow(tree, active, policy, draws, to_end=step == max_steps))
        await judge(children)
        found += filter(response, children)
        going = [child for child in children if not child.path.finished]
        active = sorted(going, key=value, reverse=True)[: max(n // width, 1)]
        prune(going, active)
        if not active or policy.exhausted:
            break
        draws = min(width, n)
    return chosen_by_score(tree, await settled(tree, policy, verifier, found))
