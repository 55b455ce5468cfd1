"""Monte Carlo tree search over reasoning steps."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Sequence

from harness.core import Path, Prompt, Selection, UsageError
from harness.policy import Policy
from harness.strategies._steps import distinct, grow, response, score, settled, value
from harness.tree import Node, Tree
from harness.verification import Verification

FORMULAS = {"uct": 0.7, "puct": 1.25}
"""The formulas, each with its constant of exploration."""
SHARES = {"verifier": 0.0, "rollout": 1.0, "both": 0.5}
"""How much of a value comes from roll-outs."""
PUCT_BASE = 19652


async def mcts(
    prompt: Prompt, policy: Policy, verifier: Verification, *, simulations: int = 8, width: int = 4,
    max_steps: int = 40, formula: str = "uct", c: float | None = None, evaluate: str = "verifier", rollouts: int = 1,
    mix: float = 0.5, widening: float | None = None, hopeless: float | None = None, parallel: int = 1,
    choose: str = "best",
) -> Selection:  # fmt: skip
    """Select a leaf, expand it by `width` next steps, go on with the best to the end of a response and back its value
    up, `simulations` times (Kocsis & Szepesvári, 2006; over reasoning steps, unvisited ones at their own value, Hao et
    al., 2023).

    `formula` "uct" goes down by Q + c·√(ln(1+N)/(1+n)) with c = 0.7 (Zhang et al., 2024), "puct" by
    Q + c(N)·P·√N/(1+n) with c = 1.25 (Silver et al., 2018; Feng et al., 2023), P the share of a parent's draws that
    wrote this step. `evaluate` "verifier" values a step by the verifier's score of the partial solution; "rollout"
    values it by the mean score of `rollouts` completions, which are the simulation's end then, "both" by a mixture with
    `mix` of these. With `widening` α a node that was visited N times has up to width·N^α children (Couëtoux et al.,
    2011). The two moves of the Meta-CoT paper: a simulation stops where the best step is valued below `hopeless`, as
    are all steps of that kind ("pruned"), and selection returns to any earlier state whose promise is greater (a node's
    `order` is the simulation that expanded it). At `max_steps` a step runs to the end. `parallel` simulations are under
    way at a time, each a step further at every call, and count as visits of the states on their way (Liu et al., 2020):
    fewer waits, for choices made before the others are known. `choose` names the final rule: best, visits, value,
    majority, weighted_majority, first."""
    _known("formula", formula, FORMULAS)
    _known("evaluate", evaluate, SHARES)
    search = Search(Tree(Path(prompt)), policy, verifier, width=width, max_steps=max_steps, widening=widening)
    explore = FORMULAS[formula] if c is None else c
    share = SHARES[evaluate] if evaluate != "both" else mix
    begun = 0
    while not policy.exhausted:
        while begun < simulations and len(search.under_way) < parallel:
            leaf = search.select(formula, explore)
            if leaf is None:
                break
            search.enter(leaf, begun)
            begun += 1
        if not search.under_way:
            break
        leaves = [search.tree.nodes[number] for number in search.under_way]
        families = await search.expand(leaves)
        promises = await search.promises(distinct(families), share, rollouts)
        for leaf, family in zip(leaves, families, strict=True):
            valued = [(node, promises[node.id]) for node in family if node.id in promises]
            search.drop(valued, hopeless)
            best, promise = max(valued, key=lambda pair: (pair[1], -pair[0].id), default=(leaf, leaf.value or 0.0))
            if share > 0 or best is leaf or best.state != "open" or policy.exhausted:
                search.back_up(leaf, best, promise)
            else:
                search.go_on(leaf, best)
    responses = await settled(search.tree, policy, verifier, distinct([search.found]))
    await score(responses, verifier)
    weights = {"visits": [search.reach(node) for node in responses], "value": list(map(search.worth, responses))}
    return Selection(
        tuple(node.path for node in responses), rule=choose, weights=weights, tree=search.tree.records(responses)
    )


class Search:
    """The tree and the four moves on it."""

    def __init__(
        self,
        tree: Tree,
        policy: Policy,
        verifier: Verification,
        *,
        width: int,
        max_steps: int,
        widening: float | None,
    ) -> None:
        self.tree, self.policy, self.verifier = tree, policy, verifier
        self.found: list[Node] = []
        self.under_way: dict[int, int] = {}
        """The states that simulations are at and expand next, each with the number of its simulation."""
        self._width, self._depth, self._widening = width, max_steps, widening

    def select(self, formula: str, explore: float) -> Node | None:
        """The node to expand: down from the root by the formula, past what is exhausted or being expanded; None where
        all is."""
        node = self.tree.root
        if self._exhausted(node):
            return None
        rule, visits = self._uct if formula == "uct" else self._puct, self._visits()
        while not self._may_grow(node):
            parent = node
            going = [child for child in self._steps(parent) if not self._exhausted(child)]
            node = max(going, key=lambda child: (rule(parent, child, explore, visits), -child.id))
        return node

    def enter(self, leaf: Node, order: int) -> None:
        """A simulation is at a leaf, which it expands next."""
        leaf.notes.setdefault("order", order)
        self.under_way[leaf.id] = order

    def go_on(self, leaf: Node, best: Node) -> None:
        """The simulation that was at `leaf` goes on from `best`, one of its children."""
        self.enter(best, self.under_way.pop(leaf.id))

    def _visits(self) -> Callable[[Node], int]:
        """How often a node was visited, simulations that are under way below it included."""
        passing = Counter[int]()
        for leaf in self.under_way:
            above: Node | None = self.tree.nodes[leaf]
            while above is not None:
                passing[above.id] += 1
                above = self.tree.parent(above)
        return lambda node: node.visits + passing[node.id]

    @staticmethod
    def _uct(parent: Node, child: Node, explore: float, visits: Callable[[Node], int]) -> float:
        return (child.value or 0.0) + explore * math.sqrt(math.log(1 + visits(parent)) / (1 + visits(child)))

    def _puct(self, parent: Node, child: Node, explore: float, visits: Callable[[Node], int]) -> float:
        rate = math.log((visits(parent) + PUCT_BASE + 1) / PUCT_BASE) + explore
        drawn = [self.tree.nodes[i] for i in parent.children if self.tree.nodes[i].notes.get("kind") != "rollout"]
        prior = sum(child.id in (node.id, node.same_as) for node in drawn) / len(drawn)
        return (child.value or 0.0) + rate * prior * math.sqrt(visits(parent)) / (1 + visits(child))

    async def expand(self, leaves: Sequence[Node]) -> list[list[Node]]:
        """`width` next steps of each leaf, asked for at once; those with a new text. Responses among them are kept."""
        known = {child.id for leaf in leaves for child in self._steps(leaf)}
        fresh: dict[int, list[Node]] = {}
        for to_end in (False, True):
            some = [leaf for leaf in leaves if to_end == (len(leaf.path.steps) + 1 >= self._depth)]
            families = await grow(self.tree, some, self.policy, self._width, to_end=to_end) if some else []
            for leaf, family in zip(some, families, strict=True):
                leaf.state = "expanded"
                fresh[leaf.id] = [child for child in family if child.id not in known]
                self.found += filter(response, fresh[leaf.id])
        return [fresh[leaf.id] for leaf in leaves]

    @staticmethod
    def drop(valued: Sequence[tuple[Node, float]], hopeless: float | None) -> None:
        """Note the values of new nodes, and give up the open ones below `hopeless`."""
        for node, promise in valued:
            node.value = promise
            if hopeless is not None and promise < hopeless and node.state == "open":
                node.state = "pruned"

    async def promises(self, nodes: Sequence[Node], share: float, rollouts: int) -> dict[int, float]:
        """The values of new nodes, by id: the verifier's score, and for `share` of it the mean score of completions. A
        response is its own completion; where the budget allowed none, the verifier's score stands alone."""
        ends = await self._roll_out(nodes, rollouts) if share > 0 else {}
        await score([node for node in nodes if node.path.finished or share < 1], self.verifier)
        found = {}
        for node in nodes:
            means = [value(end) for end in ends.get(node.id, ())]
            if means and node.path.score is not None:
                found[node.id] = (1 - share) * node.path.score + share * sum(means) / len(means)
            elif means or node.path.score is not None:
                found[node.id] = sum(means) / len(means) if means else value(node)
        return found

    async def _roll_out(self, nodes: Sequence[Node], times: int) -> dict[int, list[Node]]:
        """Each open node completed `times` times; the completions stand in the tree, as its children of that kind."""
        starts = [node for node in nodes if not node.path.finished for _ in range(times)]
        ends = await self.policy.finish([node.path for node in starts])
        made = self.policy.meter.spent
        kept: dict[int, list[Node]] = {}
        for node, path in zip(starts, ends, strict=True):
            if path.tokens > node.path.tokens:
                end = self.tree.add(node, path, made=made, kind="rollout")
                kept.setdefault(node.id, []).append(end if end.same_as is None else self.tree.nodes[end.same_as])
        every = {end.id: end for many in kept.values() for end in many}
        await score(list(every.values()), self.verifier)
        self.found += [end for end in every.values() if response(end)]
        return kept

    def back_up(self, leaf: Node, end: Node, promise: float) -> None:
        """The simulation that was at `leaf` is over: count its value at its end and on the way up; a node's value is
        the mean of what came through it."""
        del self.under_way[leaf.id]
        above: Node | None = end
        while above is not None:
            above.visits += 1
            mean = 0.0 if above.value is None or above.visits == 1 else above.value  # a first visit replaces the prior
            above.value = mean + (promise - mean) / above.visits
            above = self.tree.parent(above)

    def reach(self, node: Node) -> float:
        """How likely a walk from the root ends here that goes to each child in proportion to its visits."""
        share = 1.0
        while (parent := self.tree.parent(node)) is not None:
            if node.notes.get("kind") != "rollout":
                share *= node.visits / max(1, sum(child.visits for child in self._steps(parent)))
            node = parent
        return share

    def worth(self, node: Node) -> float:
        """The mean of the values that came through a response, or through the step that a roll-out completed."""
        while node.value is None and (parent := self.tree.parent(node)) is not None:
            node = parent
        return node.value or 0.0

    def _steps(self, node: Node) -> list[Node]:
        """The children that are next steps, without duplicates and roll-outs."""
        return [child for child in self.tree.children(node) if child.notes.get("kind") != "rollout"]

    def _may_grow(self, node: Node) -> bool:
        """Whether a node is a leaf, or has so many visits that it may have more children; not while it is expanded."""
        if node.path.finished or node.state == "pruned" or node.id in self.under_way:
            return False
        drawn = sum(1 for i in node.children if self.tree.nodes[i].notes.get("kind") != "rollout")
        allowed = self._width if self._widening is None else math.ceil(self._width * node.visits**self._widening)
        return drawn == 0 or (self._widening is not None and drawn < allowed)

    def _exhausted(self, node: Node) -> bool:
        """Whether nothing at or below a node is left to expand. Trees may be deep: no recursion."""
        waiting = [node]
        while waiting:
            at = waiting.pop()
            if self._may_grow(at):
                return False
            if not at.path.finished and at.state != "pruned":
                waiting += self._steps(at)
        return True


def _known(name: str, given: str, known: Collection[str]) -> None:
    if given not in known:
        raise UsageError(f"-S {name} is one of {', '.join(known)}, not '{given}'.")
