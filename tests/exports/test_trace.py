"""The laws of a linearised search, on random trees: what it visits, how it returns, how it ends, what is masked."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import UsageError
from harness.exports._trace import LOSSES, RESTATED, TRAVERSALS, Segment, Tree, Words, Writer, spans, trained

BLANK = "\n\n"
WORDS = Words()


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """A search tree as a strategy writes it, with at least one correct response; steps are told apart by their node."""
    size = draw(st.integers(1, 14))
    parents = [draw(st.integers(0, i - 1)) for i in range(1, size)]
    inner = {0, *parents}
    ordered = draw(st.booleans())
    nodes: list[dict[str, Any]] = []
    candidates = 0
    verdicts: dict[int, bool | None] = {}
    for i in range(size):
        parent = None if i == 0 else parents[i - 1]
        state = "expanded" if i in inner else draw(st.sampled_from(["finished", "cut", "pruned", "open", "duplicate"]))
        candidate = None
        if state in ("finished", "cut"):
            candidate, candidates = candidates, candidates + 1
            verdicts[candidate] = draw(st.sampled_from([True, False, None]))
        step = "" if i == 0 else f"step {i}" + ("" if state == "finished" else BLANK)
        nodes.append(_node(i, parent, step, state, candidate, draw(st.sampled_from([None, 0.0, 0.5, 1.0]))))
        above = 0 if i == 0 else nodes[parents[i - 1]].get("order")
        if ordered and i in inner and above is not None and (i == 0 or draw(st.integers(0, 3))):
            nodes[i]["order"] = i if i == 0 else draw(st.integers(above, 20))  # else it grew when the search was over
    start = draw(st.sampled_from(sorted(inner - {n["id"] for n in nodes if n["state"] == "duplicate"})))
    nodes.append(_node(size, start, f"step {size}", "finished", candidates, 1.0))
    nodes[start]["state"] = "expanded"
    return Tree(nodes, {**verdicts, candidates: True})


def _node(
    i: int, parent: int | None, step: str, state: str, candidate: int | None, value: float | None
) -> dict[str, Any]:
    return {
        "id": i,
        "parent": parent,
        "step": step,
        "state": state,
        "candidate": candidate,
        "value": value,
        "score": None,
    }


def written(tree: Tree, route: list[int], restate: str = "path") -> list[Segment]:
    return Writer(WORDS, BLANK, restate).trace(tree, route)


def joined(segments: list[Segment]) -> str:
    return "".join(segment.text for segment in segments)


CAPS = st.none() | st.integers(0, 3)


@given(trees(), st.sampled_from(TRAVERSALS), CAPS)
def test_a_trace_ends_with_the_whole_solution(tree: Tree, traversal: str, cap: int | None) -> None:
    for solution in tree.solutions():
        route = tree.route(solution, traversal=traversal, max_dead_ends=cap)
        assert route[-1] == solution
        assert joined(written(tree, route)).endswith(tree.text(solution))


@given(trees(), st.sampled_from(TRAVERSALS), CAPS)
def test_it_visits_nodes_of_the_tree_once_and_each_below_one_it_has_visited(
    tree: Tree, traversal: str, cap: int | None
) -> None:
    for solution in tree.solutions():
        route = tree.route(solution, traversal=traversal, max_dead_ends=cap)
        assert len(set(route)) == len(route)
        before = {0}
        for node in route:
            assert tree.parent(node) in before
            before.add(node)
        assert set(tree.path(solution)) <= set(route)
        if cap is not None:
            assert len(tree.dead_ends(route)) <= cap
        for end in tree.dead_ends(route):
            candidate = tree.nodes[end]["candidate"]
            assert tree.nodes[end]["state"] != "duplicate"
            assert candidate is None or tree.nodes[end]["state"] == "cut" or tree._verdicts[candidate] is False


@given(trees(), st.sampled_from(TRAVERSALS), CAPS, st.sampled_from(RESTATED))
def test_every_return_names_a_state_that_was_visited_and_the_next_step_follows_from_it(
    tree: Tree, traversal: str, cap: int | None, restate: str
) -> None:
    for solution in tree.solutions():
        here, seen = 0, {0}
        for segment in written(tree, tree.route(solution, traversal=traversal, max_dead_ends=cap), restate):
            if segment.kind == "return":
                assert segment.node in seen
                assert segment.node != here
                assert ("start again" in segment.text) == (segment.node == 0)
                here = segment.node
            elif segment.kind.startswith("restated"):
                assert segment.node in tree.path(here)
            else:
                assert segment.node is not None
                assert tree.parent(segment.node) == here
                assert segment.text == tree.nodes[segment.node]["step"]
                here = segment.node
                seen.add(here)
        assert here == solution


@given(trees(), st.sampled_from(LOSSES), CAPS, st.sampled_from(RESTATED))
def test_masks_cover_what_they_say_and_nothing_else(tree: Tree, loss: str, cap: int | None, restate: str) -> None:
    for solution in tree.solutions():
        route = tree.route(solution, max_dead_ends=cap)
        segments = written(tree, route, restate)
        text, found = joined(segments), spans(segments, trained(segments, loss))
        kept = "".join(text[a:b] for a, b in found)
        assert all(a < b for a, b in found)
        assert all(b < c for (_, b), (c, _) in pairwise(found))
        if loss == "all":
            assert kept == text
        elif loss == "no-dead-ends":
            assert kept == "".join(s.text for s in segments if "dead end" not in s.kind)
            lost = set(route) - set(tree.path(solution))
            assert not any(f"step {node}{BLANK}" in kept for node in lost)
        elif restate == "path":
            assert kept == tree.text(solution)


@given(trees(), st.sampled_from(["depth-first", "drawn"]))
def test_a_depth_first_trace_never_comes_back_to_a_branch_that_it_left(tree: Tree, traversal: str) -> None:
    for solution in tree.solutions():
        route = tree.route(solution, traversal=traversal)
        for place, node in enumerate(route):
            below = [i for i, other in enumerate(route) if node in tree.path(other)]
            assert below == list(range(place, place + len(below)))


@given(trees(), CAPS)
def test_a_trace_as_drawn_holds_nothing_that_was_drawn_after_a_step_of_its_solution(
    tree: Tree, cap: int | None
) -> None:
    for solution in tree.solutions():
        way = {tree.parent(node): node for node in tree.path(solution)}
        early = [node for node in tree.nodes if all(i <= way.get(tree.parent(i), i) for i in tree.path(node))]
        route = tree.route(solution, traversal="drawn", max_dead_ends=cap)
        assert set(route) <= set(early)
        if cap is None:
            assert set(route) == set(early) & set(tree.route(solution, traversal="depth-first"))


def _example() -> Tree:
    """Two branches; the first leads nowhere at its end, the second is right; both are looked into by turns."""
    nodes = [
        _node(0, None, "", "expanded", None, None),
        _node(1, 0, "A\n\n", "expanded", None, 0.9),
        _node(2, 0, "B\n\n", "expanded", None, 0.8),
        _node(3, 1, "A1\n\n", "pruned", None, 0.0),
        _node(4, 1, "A2", "finished", 0, 0.3),
        _node(5, 2, "B1\n\n", "pruned", None, 0.1),
        _node(6, 2, "B2", "finished", 1, 1.0),
    ]
    return Tree(nodes, {0: False, 1: True})


def test_the_text_of_a_small_search() -> None:
    tree = _example()
    assert joined(written(tree, tree.route(6))) == (
        "A\n\nA1\n\nWait, that leads nowhere. Let me go back to:\n\nA\n\nA2\n\n"
        "Wait, that leads nowhere. Let me start again.\n\nB\n\nB1\n\n"
        "Wait, that leads nowhere. Let me go back to:\n\nB\n\nB2"
    )
    assert tree.route(6, max_dead_ends=1) == [1, 4, 2, 6]
    assert tree.route(6, max_dead_ends=0) == [2, 6]


def test_a_template_of_ones_own_and_what_it_may_not() -> None:
    words = Words(
        "{% macro opening(question) %}<think>{% endmacro %}"
        "{% macro back(count, step) %}({{ count }}: not {{ step | trim }}){% endmacro %}"
        "{% macro closing(answer) %}</think>{{ answer }}{% endmacro %}"
    )
    tree = _example()
    segments = Writer(words, BLANK, "nothing").trace(tree, tree.route(6, max_dead_ends=1), question="?", answer="7")
    assert joined(segments) == "<think>A\n\nA2\n\n(1: not A2)\n\nB\n\nB2</think>7"
    for broken in (
        "{% macro back( %}",
        "{% macro back() %}{{ ''.__class__.__mro__ }}{% endmacro %}",
        "{% macro back() %}{{ nobody }}{% endmacro %}",
    ):
        with pytest.raises(UsageError, match="template"):
            Words(broken)("back", dead=True)
