"""Diverse verifier tree search."""

from __future__ import annotations

from harness.core import Path, Prompt, Selection
from harness.policy import Policy
from harness.strategies._steps import chosen_by_score, distinct, grow, prune, response, score, settled, value
from harness.tree import Node, Tree
from harness.verification import Verification


async def dvts(
    prompt: Prompt, policy: Policy, verifier: Verification, *, n: int = 16, width: int = 4, max_steps: int = 40
) -> Selection:
    """n/width independent subtrees, each greedy under the verifier: of `width` next steps the best is kept (Beeching et
    al., 2024).

    A subtree ends when its best step ends the response; the candidates are that response and the siblings of its last
    step that are responses too, never an unfinished sibling. The last of `max_steps` steps runs to the end."""
    tree, found = Tree(Path(prompt)), list[Node]()
    heads = [tree.root] * max(n // width, 1)
    for step in range(1, max_steps + 1):
        families = await grow(tree, heads, policy, min(width, n), to_end=step == max_steps)
        await score(distinct(families), verifier)
        families = [family for family in families if family]
        best = [max(family, key=value) for family in families]
        ended = [family for family, node in zip(families, best, strict=True) if node.path.finished]
        found += filter(response, distinct(ended))
        heads = [node for node in best if not node.path.finished]
        prune(distinct(families), heads)
        if not heads or policy.exhausted:
            break
    return chosen_by_score(tree, await settled(tree, policy, verifier, found))
