"""The record of a search: a node per step that was generated, pruned branches included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.core import Path

State = Literal["open", "expanded", "pruned", "finished", "cut", "duplicate"]


@dataclass(slots=True)
class Node:
    """One state of the search. `path` is the path that ends here; `tokens` are those of its last step, `made` the
    tokens that the problem had cost when it was there (anytime curves are cut along it). `visits` and `value` (a mean)
    are the statistics of a tree search; `same_as` is the sibling of which a duplicate is one."""

    id: int
    parent: int | None
    path: Path
    tokens: int
    made: int
    state: State = "open"
    visits: int = 0
    value: float | None = None
    same_as: int | None = None
    children: list[int] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)


class Tree:
    """A search tree that grows while a strategy works; node 0 is the bare prompt."""

    def __init__(self, root: Path) -> None:
        self.nodes = [Node(0, None, root, 0, 0)]

    @property
    def root(self) -> Node:
        """The bare prompt."""
        return self.nodes[0]

    def add(self, parent: Node, path: Path, *, made: int, **notes: Any) -> Node:
        """A child of `parent`. One whose text a sibling of its kind (note "kind") has already is marked as its
        duplicate: it was paid for."""
        node = Node(len(self.nodes), parent.id, path, path.tokens - parent.path.tokens, made, notes=notes)
        siblings = [n for n in map(self.nodes.__getitem__, parent.children) if n.notes.get("kind") == notes.get("kind")]
        twins = [n for n in siblings if n.path.text == path.text]
        if twins and not (path.finished and path.finish_reason == "budget"):
            node.state, node.same_as = "duplicate", twins[0].id
        elif path.finished:
            node.state = "finished" if path.whole else "cut"
        self.nodes.append(node)
        parent.children.append(node.id)
        return node

    def children(self, node: Node) -> list[Node]:
        """The children of a node that are no duplicates."""
        return [n for n in map(self.nodes.__getitem__, node.children) if n.state != "duplicate"]

    def parent(self, node: Node) -> Node | None:
        """The node above, None for the root."""
        return None if node.parent is None else self.nodes[node.parent]

    def records(self, candidates: Sequence[Node] = ()) -> list[dict[str, Any]]:
        """The lines of trees.jsonl: a JSON object per node; `candidate` is the index among the responses."""
        place = {node.id: index for index, node in enumerate(candidates)}
        return [_record(node, self.parent(node), place.get(node.id)) for node in self.nodes]


def _record(node: Node, parent: Node | None, candidate: int | None) -> dict[str, Any]:
    own = node.path.text[len(parent.path.text) :] if parent is not None else node.path.text
    return {
        "id": node.id,
        "parent": node.parent,
        "step": own,
        "tokens": node.tokens,
        "made": node.made,
        "state": node.state,
        "score": node.path.score,
        "step_scores": list(node.path.step_scores),
        "visits": node.visits,
        "value": node.value,
        "same_as": node.same_as,
        "finish_reason": node.path.finish_reason if node.path.finished else None,
        "candidate": candidate,
        **node.notes,
    }
