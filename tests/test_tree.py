"""The record of a search: states of nodes, duplicates, and the lines of trees.jsonl."""

from __future__ import annotations

import json

import pytest

from harness.core import FinishReason, Path, Prompt
from harness.tree import Tree

PROMPT = Prompt("p", "q", "text")


def path(*steps: str, tokens: int = 0, reason: FinishReason | None = None, score: float | None = None) -> Path:
    return Path(PROMPT, steps, tokens=tokens, finished=reason is not None, finish_reason=reason, score=score)


@pytest.mark.parametrize(
    ("reason", "state"),
    [(None, "open"), ("eos", "finished"), ("stop", "finished"), ("length", "cut"), ("budget", "cut")],
)
def test_a_new_node_is_in_the_state_of_its_path(reason: FinishReason | None, state: str) -> None:
    tree = Tree(path())
    node = tree.add(tree.root, path("a", tokens=3, reason=reason), made=3)
    assert (node.state, node.tokens, node.made, node.parent) == (state, 3, 3, 0)


def test_a_node_counts_the_tokens_of_its_own_step() -> None:
    tree = Tree(path())
    first = tree.add(tree.root, path("a", tokens=3), made=3)
    second = tree.add(first, path("a", "b", tokens=10), made=10)
    assert (first.tokens, second.tokens) == (3, 7)
    assert tree.parent(second) is first
    assert tree.parent(tree.root) is None


def test_siblings_of_one_text_are_duplicates_of_the_first_and_cost_their_tokens() -> None:
    tree = Tree(path())
    first = tree.add(tree.root, path("a", tokens=3), made=6)
    again = tree.add(tree.root, path("a", tokens=4), made=6)
    third = tree.add(tree.root, path("a", tokens=5), made=9)
    other = tree.add(tree.root, path("b", tokens=5), made=9)
    assert [n.same_as for n in (first, again, third, other)] == [None, first.id, first.id, None]
    assert (again.state, again.tokens) == ("duplicate", 4)
    assert tree.children(tree.root) == [first, other]
    below = tree.add(other, path("b", "a"), made=9)  # the same step elsewhere is another state
    assert below.state == "open"


def test_a_roll_out_and_a_step_of_the_same_text_are_two_nodes() -> None:
    tree = Tree(path())
    rolled = tree.add(tree.root, path("a", reason="eos"), made=1, kind="rollout")
    step = tree.add(tree.root, path("a", reason="eos"), made=2)
    again = tree.add(tree.root, path("a", reason="eos"), made=3, kind="rollout")
    assert (rolled.same_as, step.same_as, again.same_as) == (None, None, rolled.id)


def test_what_the_budget_cut_is_no_duplicate_of_a_step() -> None:
    tree = Tree(path())
    tree.add(tree.root, path("a", tokens=1), made=1)
    assert tree.add(tree.root, path("a", tokens=1, reason="budget"), made=2).state == "cut"


def test_records_are_json_and_name_the_candidates() -> None:
    tree = Tree(path())
    first = tree.add(tree.root, path("a\n\n", tokens=2), made=2, order=0)
    end = tree.add(first, path("a\n\n", "b", tokens=5, reason="eos", score=0.5), made=5)
    end.visits, end.value = 2, 0.25
    records = tree.records([end])
    assert json.loads(json.dumps(records, allow_nan=False)) == records
    assert [record["candidate"] for record in records] == [None, None, 0]
    assert [record["step"] for record in records] == ["", "a\n\n", "b"]
    assert "".join(record["step"] for record in records) == end.path.text
    assert records[1]["order"] == 0
    assert records[2] == {
        "id": 2, "parent": 1, "step": "b", "tokens": 3, "made": 5, "state": "finished", "score": 0.5,
        "step_scores": [], "visits": 2, "value": 0.25, "same_as": None, "finish_reason": "eos", "candidate": 0,
    }  # fmt: skip
