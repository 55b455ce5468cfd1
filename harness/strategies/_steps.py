"""What the searches over steps share: one level of a tree, its scores, and the responses in the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.core import Selection
from harness.policy import Policy
from harness.tree import Node, Tree
from harness.verification import Verification


async def grow(
    tree: Tree, parents: Sequence[Node], policy: Policy, width: int, *, to_end: bool = False
) -> list[list[Node]]:
    """One level: `width` next steps (`to_end`: whole continuations) of every parent, all asked for at once.

    Returns a list per parent, in order: its distinct children. A parent may stand there twice and then draws twice. A
    draw that repeats a sibling stands in the tree as its duplicate and counts as that sibling here; a draw that the
    budget did not allow is no node, so that a list may be empty once the policy is exhausted."""
    paths = [parent.path for parent in parents]
    each = [path for path in paths for _ in range(width)]
    drawn = await (policy.finish(each) if to_end else policy.expand(paths, width))
    made = policy.meter.spent
    families: list[list[Node]] = []
    for place, parent in enumerate(parents):
        family: dict[int, Node] = {}
        for path in drawn[place * width : (place + 1) * width]:
            if path.finish_reason == "budget" and path.tokens == parent.path.tokens:
                continue
            node = tree.add(parent, path, made=made)
            parent.state = "expanded"
            node = node if node.same_as is None else tree.nodes[node.same_as]
            family[node.id] = node
        families.append(list(family.values()))
    return families


def distinct(families: Iterable[Iterable[Node]]) -> list[Node]:
    """The nodes of a level, each once, in order."""
    return list({node.id: node for family in families for node in family}.values())


async def score(nodes: Sequence[Node], verifier: Verification) -> None:
    """Score the nodes that have no score yet, side by side."""
    fresh = [node for node in nodes if node.path.score is None]
    for node, path in zip(fresh, await verifier.score([node.path for node in fresh]), strict=True):
        node.path = path


def value(node: Node) -> float:
    """A node's score; below every number where it has none."""
    return float("-inf") if node.path.score is None else node.path.score


def prune(nodes: Iterable[Node], kept: Iterable[Node]) -> None:
    """Give up the open nodes that are not kept."""
    keep = {node.id for node in kept}
    for node in nodes:
        if node.state == "open" and node.id not in keep:
            node.state = "pruned"


def response(node: Node) -> bool:
    """Whether a node is a response: the model ended it, or it ran into the limit of a response. What a problem's
    budget cut is a partial path."""
    return node.path.finished and node.path.finish_reason != "budget"


async def settled(tree: Tree, policy: Policy, verifier: Verification, found: Sequence[Node]) -> list[Node]:
    """The responses of a search: those it found. Where it found none, the most promising leaf is finished, or, with
    nothing left of the budget, returned as it is and marked as cut by it."""
    if found:
        return list(found)
    leaves = [node for node in tree.nodes if not node.children and node.state != "duplicate"]
    best = max(leaves, key=lambda node: (value(node), node.path.tokens, -node.id))
    [path] = await policy.finish([best.path])
    if path.tokens == best.path.tokens:
        best.path = path
        best.state = "finished" if path.whole else "cut"
        return [best]
    best.state = "expanded"
    node = tree.add(best, path, made=policy.meter.spent)
    await score([node], verifier)
    return [node]


def chosen_by_score(tree: Tree, responses: Sequence[Node]) -> Selection:
    """The responses, the one with the highest score chosen."""
    return Selection(tuple(node.path for node in responses), rule="best", tree=tree.records(responses))
