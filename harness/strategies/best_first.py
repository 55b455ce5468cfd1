"""Best-first search over states of the reasoning process: stop what is hopeless, return to what is promising."""

from __future__ import annotations

from heapq import heappop, heappush

from harness.core import Path, Prompt, Selection
from harness.policy import Policy
from harness.strategies._steps import chosen_by_score, distinct, grow, response, score, settled, value
from harness.tree import Node, Tree
from harness.verification import Verification


async def best_first(
    prompt: Prompt, policy: Policy, verifier: Verification, *, width: int = 5, max_steps: int = 5,
    expansions: int = 20, theta: float = 1.0, hopeless: float | None = 0.1,
) -> Selection:  # fmt: skip
    """The open state with the highest value is expanded next, wherever in the tree it stands (Koh et al., 2024: b = 5,
    d = 5, c = 20, theta = 1; the A*-like search of the Meta-CoT paper, section 4.3, with v alone as the priority).

    A state's `width` children are valued when they are made. The two moves of the Meta-CoT paper: an attempt valued
    below `hopeless` is dropped ("pruned" in the tree; none: never), and the heap returns to any earlier state that
    promises more (a node's `order` says when it was expanded). The search ends with a response valued `theta` or more,
    after `expansions`, or with an empty heap. At depth `max_steps` a step runs to the end of the response. Of equal
    values the deeper state goes first. The best score wins."""
    tree, found = Tree(Path(prompt)), list[Node]()
    heap = [(0.0, 0, 0)]  # minus the value, minus the depth, the node's number
    for order in range(expansions):
        if not heap or policy.exhausted:
            break
        node = tree.nodes[heappop(heap)[2]]
        node.notes["order"] = order
        depth = len(node.path.steps) + 1
        children = distinct(await grow(tree, [node], policy, width, to_end=depth >= max_steps))
        await score(children, verifier)
        found += filter(response, children)
        if any(child.path.whole and value(child) >= theta for child in children):
            break
        for child in children:
            if child.state == "open" and hopeless is not None and value(child) < hopeless:
                child.state = "pruned"
            elif child.state == "open":
                heappush(heap, (-value(child), -depth, child.id))
    return chosen_by_score(tree, await settled(tree, policy, verifier, found))
