"""Monte Carlo tree search over reasoning steps."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.core import Path, Prompt, Selection, UsageError
from harness.policy import Policy
from harness.strategies._steps import distinct, grow, response, score, settled
from harness.tree import Node, Tree
from harness.verification import Verification

FORMULAS = {"uct": 0.7, "puct": 1.25}
"""Each formula's own constant of exploration: ReST-MCTS* (Zhang et al., 2024); AlphaZero (Silver et al., 2018)."""
PUCT_BASE = 19652  # Silver et al., 2018
ROLLOUT_SHARE = {"verifier": 0.0, "rollout": 1.0, "both": 0.5}
"""How much of a value comes from roll-outs: AlphaGo's lambda (Silver et al., 2016)."""
CHOICES = ("best", "visits", "value", "majority", "weighted_majority", "first")


async def mcts(
    prompt: Prompt, policy: Policy, verifier: Verification, *, simulations: int = 32, width: int = 4,
    max_steps: int = 40, formula: str = "uct", c: float | None = None, value: str = "verifier", rollouts: int = 1,
    widening: float | None = None, hopeless: float | None = None, parallel: int = 1, choose: str = "best",
) -> Selection:  # fmt: skip
    """Go down to a leaf, expand it by `width` next steps, value them, back the best value up; `simulations` times
    (Kocsis & Szepesvári, 2006; over reasoning steps, Hao et al., 2023).

    `formula` "uct" goes down by Q + c √(ln N / n), with c = 0.7 (Zhang et al., 2024), "puct" by Q + c P √N / (1 + n),
    with c = 1.25 growing slowly (Silver et al., 2018; over steps, Feng et al., 2023), where P is the share of the
    parent's draws that wrote the step. `value` says what a new step is worth: the verifier's score, the mean score of
    `rollouts` completions of it, or the mean of both. `widening` α lets a node with N visits have width N^α children
    (Couëtoux et al., 2011). A step valued below `hopeless` is dropped ("pruned"), and every simulation starts at the
    root and so returns to the earlier state that promises most (`order` says when a node was expanded). `parallel`
    simulations go together, apart by virtual visits. At `max_steps` a step runs to the end. A response that a
    simulation comes to again costs nothing; the search ends when nothing is left to expand.

    `choose` names the final rule: best (score), visits, value (Q; of a roll-out, that of the step it completes),
    majority, weighted_majority, first."""
    _one_of("formula", formula, FORMULAS)
    _one_of("value", value, ROLLOUT_SHARE)
    _one_of("choose", choose, CHOICES)
    search = _Search(prompt, policy, verifier, width=width, max_steps=max_steps, widening=widening, hopeless=hopeless)
    explore, share, done = FORMULAS[formula] if c is None else c, ROLLOUT_SHARE[value], 0
    while done < simulations and not policy.exhausted and search.open():
        leaves: list[Node] = []
        for _ in range(min(parallel, simulations - done)):  # select
            leaf = search.select(formula, explore)
            if leaf in leaves:
                break
            search.visit(leaf, 1)
            leaves.append(leaf)
        new = await search.expand(leaves, done)
        await search.judge([child for family in new for child in family], share, rollouts)
        for leaf, children in zip(leaves, new, strict=True):
            search.visit(leaf, -1)
            search.back_up(leaf, children)
        done += len(leaves)
    responses = await settled(search.tree, policy, verifier, search.found)
    await score(responses, verifier)
    weights = {
        "visits": [float(max(node.visits, 1)) for node in responses],
        "value": [search.worth(node) for node in responses],
    }
    return Selection(
        tuple(node.path for node in responses), rule=choose, weights=weights, tree=search.tree.records(responses)
    )


class _Search:
    """The tree and the moves on it.

    A step is visited once when it is valued, and once more by every later simulation that passes through it."""

    def __init__(
        self, prompt: Prompt, policy: Policy, verifier: Verification, *, width: int, max_steps: int,
        widening: float | None, hopeless: float | None,
    ) -> None:  # fmt: skip
        self.tree, self.found = Tree(Path(prompt)), list[Node]()
        self._policy, self._verifier = policy, verifier
        self._width, self._max_steps, self._widening, self._hopeless = width, max_steps, widening, hopeless

    def open(self) -> bool:
        """Whether a simulation can still learn something: a node may get children, now or with more visits."""
        alive = self._alive()
        if self._widening is not None:
            return 0 in alive
        return any(self._wish(self.tree.nodes[i]) > 0 for i in alive)

    def select(self, formula: str, explore: float) -> Node:
        """From the root down, by the formula, to a node that may get children, or to a response."""
        node, alive = self.tree.root, self._alive()
        while not node.path.finished and self._wish(node) == 0:
            parent = node
            steps = [child for child in self._steps(node) if child.id in alive]
            node = max(steps, key=lambda child: (self._bound(parent, child, formula, explore), -child.id))
        return node

    async def expand(self, leaves: Sequence[Node], order: int) -> list[list[Node]]:
        """The new next steps of each leaf; all are asked for at once, but for those that run to the end."""
        new: dict[int, list[Node]] = {}
        for to_end in (False, True):
            group = [n for n in leaves if not n.path.finished and (self._depth(n) >= self._max_steps) == to_end]
            each = [node for node in group for _ in range(self._wish(node))]
            known = len(self.tree.nodes)
            for child in distinct(await grow(self.tree, each, self._policy, 1, to_end=to_end) if each else []):
                if child.id >= known:
                    new.setdefault(child.parent or 0, []).append(child)
        for leaf in leaves:
            leaf.notes.setdefault("order", order)
        return [new.get(leaf.id, []) for leaf in leaves]

    async def judge(self, nodes: Sequence[Node], share: float, rollouts: int) -> None:
        """The values of new steps. What the budget cut is no step and gets none."""
        steps = [node for node in nodes if response(node) or not node.path.finished]
        self.found += filter(response, steps)
        ends = await self._roll_out([n for n in steps if not n.path.finished], rollouts) if share > 0 else {}
        await score([node for node in steps if node.path.finished or share < 1], self._verifier)
        for node in steps:
            rolled = ends.get(node.id, [])
            if rolled and node.path.score is not None:
                node.value = (1 - share) * node.path.score + share * math.fsum(rolled) / len(rolled)
            elif rolled:
                node.value = math.fsum(rolled) / len(rolled)
            elif node.path.finished or share < 1:  # a response is its own completion
                node.value = node.path.score
            node.visits = int(node.value is not None)
            if node.state == "open" and node.value is not None and node.value < (self._hopeless or -math.inf):
                node.state = "pruned"

    async def _roll_out(self, nodes: Sequence[Node], times: int) -> dict[int, list[float]]:
        """The scores of `times` completions of each node, which stand in the tree and are candidates."""
        starts = [node for node in nodes for _ in range(times)]
        drawn: list[Node] = []
        for start, path in zip(starts, await self._policy.finish([n.path for n in starts]), strict=True):
            if path.tokens > start.path.tokens:
                drawn.append(self.tree.add(start, path, made=self._policy.meter.spent, kind="rollout"))
        kept = [self.tree.nodes[node.id if node.same_as is None else node.same_as] for node in drawn]
        ends = [node for node in kept if response(node)]
        for end in ends:
            end.visits += 1
        await score(distinct([ends]), self._verifier)
        self.found += distinct([ends])
        scores: dict[int, list[float]] = {}
        for end in ends:
            scores.setdefault(end.parent or 0, []).append(end.path.score or 0.0)
        return scores

    def visit(self, node: Node, count: int) -> None:
        """Virtual visits on the way to the root, which send the next simulation elsewhere; taken back afterwards."""
        above: Node | None = node
        while above is not None:
            above.visits += count
            above = self.tree.parent(above)

    def back_up(self, leaf: Node, children: Sequence[Node]) -> None:
        """The simulation goes on to the best new step; its value enters the mean of every node on the way. A response
        that is visited again counts its own value again."""
        values = [child.value for child in children if child.value is not None]
        values += [leaf.value] if leaf.path.finished and leaf.value is not None else []
        node: Node | None = leaf
        while node is not None and values:
            node.visits += 1
            node.value = max(values) if node.value is None else node.value + (max(values) - node.value) / node.visits
            node = self.tree.parent(node)

    def worth(self, node: Node) -> float:
        """Q of a response: its own, or that of the step which a roll-out completed."""
        while node.value is None and (parent := self.tree.parent(node)) is not None:
            node = parent
        return node.value or 0.0

    def _bound(self, parent: Node, child: Node, formula: str, explore: float) -> float:
        mean, visits = child.value or 0.0, max(parent.visits, 1)
        if formula == "uct":
            return mean + explore * math.sqrt(math.log(visits) / child.visits)
        rate = math.log((visits + PUCT_BASE + 1) / PUCT_BASE) + explore
        drawn = self._drawn(parent)
        prior = sum(child.id in (node.id, node.same_as) for node in drawn) / len(drawn)
        return mean + rate * prior * math.sqrt(visits) / (1 + child.visits)

    def _wish(self, node: Node) -> int:
        """How many more children a node may get."""
        if node.path.finished or node.state == "pruned":
            return 0
        if self._widening is None:
            return 0 if self._drawn(node) else self._width
        allowed = math.ceil(self._width * math.pow(max(node.visits, 1), self._widening))
        return max(allowed - len(self._drawn(node)), 0)

    def _alive(self) -> set[int]:
        """The nodes on a way that ends in a response or in a node that may get children."""
        alive: set[int] = set()
        for node in reversed(self.tree.nodes):  # children stand behind their parents
            step = node.notes.get("kind") != "rollout" and node.state not in ("duplicate", "pruned")
            valued = node.parent is None or node.value is not None
            if step and valued and (node.path.finished or self._wish(node) or not alive.isdisjoint(node.children)):
                alive.add(node.id)
        return alive

    def _drawn(self, node: Node) -> list[Node]:
        """The steps drawn below a node, repeated ones too."""
        return [n for n in map(self.tree.nodes.__getitem__, node.children) if n.notes.get("kind") != "rollout"]

    def _steps(self, node: Node) -> list[Node]:
        return [child for child in self._drawn(node) if child.state != "duplicate"]

    def _depth(self, node: Node) -> int:
        """Of a step below this node."""
        return len(node.path.steps) + 1


def _one_of(name: str, given: str, known: Sequence[str] | dict[str, float]) -> None:
    if given not in known:
        raise UsageError(f"-S {name} is one of {', '.join(known)}, not '{given}'.")
