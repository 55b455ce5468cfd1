"""From a search tree to one text that searches: dead ends, returns to earlier states, the solution.

The paper calls such texts Meta-CoT traces (arXiv 2501.04682, sections 3 and 6): a linearised search, as in Stream of
Search (Gandhi et al., 2024). Nothing here reads files; a tree is the list of nodes of a line of trees.jsonl.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from harness.core import UsageError

Node = Mapping[str, Any]
Kind = Literal["opening", "step", "dead end", "return", "restated", "restated dead end", "closing"]
LOSSES = ("all", "no-dead-ends", "solution")
RESTATED = ("path", "step", "nothing")
TRAVERSALS = ("search", "depth-first", "drawn")

BACK = (
    "Wait, that {{ 'leads nowhere' if dead else 'can wait' }}. Let me {{ 'start again.' if start else 'go back to:' }}"
)
DEFAULT_TEMPLATE = f"""\
{{% macro back(dead, start, step, path, depth, count) %}}{BACK}{{% endmacro %}}"""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a trace. `node` is the node whose step it is; of a return (the words, and the state restated after
    them) it is the node returned to."""

    kind: Kind
    text: str
    node: int | None = None


class Tree:
    """The nodes of one problem's search, and what became of its responses. `verdicts` are those of the candidates."""

    def __init__(self, nodes: Sequence[Node], verdicts: Mapping[int, bool | None]) -> None:
        self.nodes = {node["id"]: node for node in nodes}
        self._verdicts = verdicts
        self._children: dict[int, list[int]] = {}
        for node in nodes:
            if node["parent"] is not None:
                self._children.setdefault(node["parent"], []).append(node["id"])

    def parent(self, node: int) -> int | None:
        """The node above; None for the root."""
        above: int | None = self.nodes[node]["parent"]
        return above

    def path(self, node: int) -> list[int]:
        """The nodes from the root's child to this one."""
        found = []
        while (above := self.parent(node)) is not None:
            found.append(node)
            node = above
        return found[::-1]

    def text(self, node: int) -> str:
        """The response so far at a node."""
        return "".join(self.nodes[i]["step"] for i in self.path(node))

    def visited(self) -> list[int]:
        """The nodes that the search gave its attention to, in the order in which it did.

        It attends to a node when it expands it (`order` where the strategy wrote one, else the order in which nodes
        were made), and to a child that ended or was given up when its parent was expanded. What was made and never
        followed was not visited, nor are duplicates and roll-outs."""
        grown = [node for node in self.nodes.values() if node["id"] in self._children]
        last = 1 + max((node.get("order", -1) for node in grown), default=-1)  # grown when the search was over
        grown.sort(key=lambda node: (node.get("order", last), node["id"]))
        found: list[int] = []
        for node in grown:
            found += [node["id"]] if node["parent"] is not None else []
            found += [child for child in self._children[node["id"]] if self._ended(child)]
        return [node for node in found if self.nodes[node]["state"] != "duplicate"]

    def _ended(self, node: int) -> bool:
        about = self.nodes[node]
        alone = node not in self._children and about["state"] in ("finished", "cut", "pruned")
        return alone and (about.get("kind") != "rollout" or self._verdict(node) is True)

    def _verdict(self, node: int) -> bool | None:
        candidate = self.nodes[node]["candidate"]
        return None if candidate is None else self._verdicts.get(candidate)

    def solutions(self) -> list[int]:
        """The correct responses that were not cut, in the order in which the search came upon them."""
        return [n for n in self.visited() if self._verdict(n) is True and self.nodes[n]["state"] == "finished"]

    def promise(self, node: int) -> float:
        """What the search thought of a node: its value, else its score."""
        about = self.nodes[node]
        known = about["score"] if about["value"] is None else about["value"]
        return float("-inf") if known is None else float(known)

    def route(self, solution: int, *, traversal: str = "search", max_dead_ends: int | None = None) -> list[int]:
        """The nodes of a trace that ends with `solution`, in order: each below one that stands before it.

        Dead ends are branches that the search followed or gave up before it came upon the solution and that end in no
        correct (or unjudged) response; with a cap those are kept that the search thought most of, the first ones where
        it made no difference. "search" keeps the order of visits; "depth-first" finishes a branch before the next;
        "drawn" does so in the order in which steps were drawn and ends with the solution, as if each step had been
        drawn when the one before it had failed: what was drawn later is left out, and how many dead ends come first is
        the model's own luck. A search that draws and judges many steps at once has all of its dead ends first."""
        order = self.visited()
        order = order[: order.index(solution) + 1]
        way, seen = set(self.path(solution)), set(order)
        if traversal == "drawn":
            order = self._depth_first(seen, set())
            order = order[: order.index(solution) + 1]
        inner = {self.parent(node) for node in order}
        ends = [node for node in order if node not in way and node not in inner]
        dead = [node for node in ends if self._hopeless(node) and seen.issuperset(self.path(node))]
        if max_dead_ends is not None:
            best = sorted(dead, key=lambda node: (-self.promise(node), order.index(node)))[:max_dead_ends]
            dead = [node for node in dead if node in best]
        kept = way.union(*map(self.path, dead))
        if traversal == "depth-first":
            return self._depth_first(kept, way)
        return [node for node in order if node in kept]

    def dead_ends(self, route: Sequence[int]) -> set[int]:
        """The nodes of a route at which a branch ends that is not the solution's."""
        return set(route) - {self.parent(node) for node in route} - {route[-1]}

    def _hopeless(self, node: int) -> bool:
        """Whether a leaf of the visited tree is a dead end rather than a response that is, or may be, right."""
        return self.nodes[node]["state"] != "finished" or self._verdict(node) is False

    def _depth_first(self, kept: set[int], way: set[int]) -> list[int]:
        """The kept nodes branch by branch, those of `way` last."""
        root = next(node for node in self.nodes if self.parent(node) is None)
        found, stack = list[int](), [root]
        while stack:
            node = stack.pop()
            found += [node] if node != root else []
            children = [child for child in self._children.get(node, ()) if child in kept]
            stack += sorted(children, key=lambda child: (child in way, child), reverse=True)
        return found


class Words:
    """What a trace says between its steps: the macros `opening`, `back` and `closing` of a Jinja template.

    `opening(question)` stands before the first step, `closing(answer)` after the last, and `back` where the trace
    leaves a branch: `dead` says whether the branch ends there or is only left for now, `start` whether it goes back to
    the question, `step` is the step that is left, `path` the response up to the state gone back to, `depth` the number
    of its steps, `count` the number of this return. A macro that is not there is silent, but `back` has a default.

    Templates run in a sandbox. Raises UsageError for one that cannot be read or run."""

    def __init__(self, source: str = DEFAULT_TEMPLATE) -> None:
        from jinja2 import StrictUndefined
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
        try:
            own, default = (environment.from_string(text).module for text in (source, DEFAULT_TEMPLATE))
        except Exception as error:  # a template is a program and may raise anything
            raise self._refused(error) from error
        self._macros = {
            name: getattr(own, name, getattr(default, name, None)) for name in ("opening", "back", "closing")
        }

    def __call__(self, name: str, **given: object) -> str:
        """What one of the three says; of what it is given, it takes what it names."""
        macro: Any = self._macros[name]
        if macro is None:
            return ""
        try:
            return str(macro(**{key: value for key, value in given.items() if key in macro.arguments}))
        except Exception as error:
            raise self._refused(error) from error

    @staticmethod
    def _refused(error: Exception) -> UsageError:
        reason = " ".join(str(error).split())[:200]
        return UsageError(f"The template cannot be used: {reason}. It holds the macros opening, back and closing.")


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes traces: with these words, and with this delimiter around them. With `restate` "path" each return writes
    out the state it goes back to, so that a trace ends with the whole solution; with "step" the last step of it, with
    "nothing" none."""

    words: Words
    delimiter: str = "\n\n"
    restate: str = "path"

    def trace(self, tree: Tree, route: Sequence[int], *, question: str = "", answer: str = "") -> list[Segment]:
        """The segments of a trace along a route (of `Tree.route`); empty ones are left out."""
        found = [Segment("opening", self.words("opening", question=question))]
        here = next(node for node in tree.nodes if tree.parent(node) is None)
        way, ends = {*tree.path(route[-1])}, tree.dead_ends(route)
        count = 0
        for node in route:
            above = tree.parent(node)
            if above is not None and above != here:
                count += 1
                found += self._back(tree, here, above, way, count=count, dead=here in ends)
            found.append(Segment("step" if node in way else "dead end", tree.nodes[node]["step"], node))
            here = node
        found.append(Segment("closing", self.words("closing", answer=answer)))
        return [segment for segment in found if segment.text]

    def _back(
        self, tree: Tree, left: int, target: int, way: Collection[int], *, count: int, dead: bool
    ) -> list[Segment]:
        """The words of a return, between delimiters, and the state that it goes back to."""
        path, step = tree.path(target), tree.nodes[left]["step"]
        about = {"dead": dead, "start": not path, "step": step, "path": tree.text(target)}
        said = self.words("back", **about, depth=len(path), count=count)
        before = "" if step.endswith(self.delimiter) else self.delimiter
        stated = {"path": path, "step": path[-1:], "nothing": []}[self.restate]
        return [
            Segment("return", f"{before}{said}{self.delimiter}", target),
            *(
                Segment("restated" if node in way else "restated dead end", tree.nodes[node]["step"], node)
                for node in stated
            ),
        ]


def trained(segments: Sequence[Segment], loss: str) -> list[bool]:
    """Which segments count in the loss: "all"; "no-dead-ends", all but the steps that lead nowhere, restated ones too;
    "solution", what stands after the last return."""
    if loss == "no-dead-ends":
        return [segment.kind not in ("dead end", "restated dead end") for segment in segments]
    if loss == "solution":
        last = max((place for place, segment in enumerate(segments) if segment.kind == "return"), default=-1)
        return [place > last for place in range(len(segments))]
    return [True] * len(segments)


def spans(segments: Sequence[Segment], counted: Sequence[bool]) -> list[tuple[int, int]]:
    """The counted segments as [start, end) in characters of the joined text; neighbours are one span."""
    found: list[tuple[int, int]] = []
    end = 0
    for segment, yes in zip(segments, counted, strict=True):
        start, end = end, end + len(segment.text)
        if yes and found and found[-1][1] == start:
            found[-1] = found[-1][0], end
        elif yes:
            found.append((start, end))
    return found
