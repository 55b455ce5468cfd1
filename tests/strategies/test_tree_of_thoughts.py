"""Tree of thoughts: what holds for every tree, the two moves, prompts and the reading of replies."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.backends.toy import Toy
from harness.cli import main
from harness.core import Completion, Request, Sampling, UsageError
from harness.strategies._thoughts import (
    propose_messages,
    read_proposals,
    read_value,
    read_vote,
    value_messages,
    vote_messages,
)
from harness.verifiers.oracle import Oracle
from support import Search, lines, search, small_task

PROBLEMS = small_task(4).problems
WAYS = list(itertools.product(("bfs", "dfs"), ("sample", "propose"), ("value", "vote", "verifier")))


def thought(**options: Any) -> Search:
    return search("tree_of_thoughts", converses=True, **options)


def paid(nodes: list[dict[str, Any]]) -> int:
    """Every token of a tree: of steps, of proposals and of judgements."""
    return sum(n["tokens"] + n.get("proposal_tokens", 0) + n.get("evaluation_tokens", 0) for n in nodes)


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Parameters and the world around them."""
    way = dict(zip(("search", "generate", "evaluate"), draw(st.sampled_from(WAYS)), strict=True))
    return way | {
        "width": draw(st.integers(1, 4)),
        "keep": draw(st.integers(1, 3)),
        "evaluations": draw(st.integers(1, 3)),
        "max_steps": draw(st.integers(1, 7)),
        "threshold": draw(st.sampled_from([0.05, 0.4, 5.0])),
        "max_states": draw(st.integers(1, 20)),
        "sampling": Sampling(0.7, max_tokens=draw(st.sampled_from([3, 12, 45, 500])), seed=draw(st.integers(0, 99))),
        "budget": draw(st.none() | st.integers(1, 400)),
        "step_accuracy": draw(st.sampled_from([0.01, 0.7, 1.0])),
        "problem": draw(st.sampled_from(PROBLEMS)),
    }


@settings(deadline=None, max_examples=250, derandomize=True)
@given(cases())
def test_what_holds_for_every_tree(case: dict[str, Any]) -> None:
    found = thought(**case)
    nodes, candidates = found.nodes, found.selection.candidates
    own = [node for node in nodes if node["candidate"] is not None]
    assert candidates
    assert sorted(node["candidate"] for node in own) == list(range(len(candidates)))
    for node in own:
        candidate = candidates[node["candidate"]]
        assert candidate.finished
        assert node["state"] == ("finished" if candidate.whole else "cut")
        assert candidate.tokens + candidate.forced_tokens <= case["sampling"].max_tokens
        assert candidate.finish_reason != "budget" or len(candidates) == 1
    # Every token that was paid stands in the tree, and no more than the budget was paid.
    assert paid(nodes) == found.usage.completion_tokens == found.meter.spent
    assert case["budget"] is None or found.meter.spent <= case["budget"]
    for node in nodes:
        below = [n for n in nodes if n["parent"] == node["id"]]
        assert not below or node["state"] == "expanded"
        if node["state"] == "duplicate":
            assert nodes[node["same_as"]]["parent"] == node["parent"]
            assert node["value"] is None  # judged once
    assert json.loads(json.dumps(nodes, allow_nan=False)) == nodes
    again = thought(**case)
    assert (again.requests, again.selection) == (found.requests, found.selection)


@pytest.mark.parametrize("way", WAYS, ids="-".join)
def test_the_toy_model_is_understood_in_every_way(way: tuple[str, str, str]) -> None:
    """Its replies and our prompts fit: nothing is unread, and truthful judgements lead to the right answer."""
    found = thought(
        **dict(zip(("search", "generate", "evaluate"), way, strict=True)), noise=0.0, problem=PROBLEMS[3],
        step_accuracy=0.7,
    )  # fmt: skip
    assert not any(node.get("unread", 0) or node.get("unread_proposals", 0) for node in found.nodes)
    values = found.selection.weights["value"]
    best = max(range(len(values)), key=lambda i: (values[i], -i))
    assert "\\boxed{6}" in found.texts[best]


def test_depth_first_stops_hopeless_attempts_and_returns_to_earlier_states() -> None:
    nodes = thought(search="dfs", width=2, step_accuracy=0.6, sampling=Sampling(0.7, max_tokens=512, seed=1)).nodes
    parents = {node["id"]: node["parent"] for node in nodes}

    def depth(node: int) -> int:
        return 0 if parents[node] is None else 1 + depth(parents[node])

    dropped = [node for node in nodes if node["state"] == "pruned"]
    assert dropped
    assert all(node["value"] < 0.1 for node in dropped)
    assert not {node["id"] for node in dropped} & set(parents.values())
    assert not any("order" in node for node in dropped)
    visited = [depth(node["id"]) for node in sorted((n for n in nodes if "order" in n), key=lambda n: n["order"])]
    assert any(later <= earlier for earlier, later in itertools.pairwise(visited))
    assert len(nodes) - 1 <= 100 + 1


def test_breadth_first_keeps_the_best_of_a_level() -> None:
    nodes = thought(width=3, keep=2, step_accuracy=0.5).nodes
    below: dict[int, list[dict[str, Any]]] = {}
    level = {0: 0}
    for node in nodes[1:]:
        level[node["id"]] = level[node["parent"]] + 1
        below.setdefault(level[node["id"]], []).append(node)
    for states in below.values():
        going = [n["value"] for n in states if n["state"] in ("expanded", "open")]
        dropped = [n["value"] for n in states if n["state"] == "pruned"]
        assert len(going) <= 2
        assert not going or not dropped or min(going) >= max(dropped)


def test_a_proposed_step_is_forced_and_paid_by_the_proposal() -> None:
    found = thought(generate="propose", width=2, max_steps=9)
    assert found.nodes[0]["proposal_tokens"] > 0
    assert all(node["tokens"] == 0 for node in found.nodes if node["parent"] == 0)
    assert all(candidate.forced_tokens > 0 == candidate.tokens for candidate in found.selection.candidates)


# ------------------------------------------------------------------------------------------------------ replies unread


def mumbling(asks: str) -> Any:
    """The toy model, but what is asked with these words is answered with nothing that can be read."""
    toy = Toy("default", list(PROBLEMS), step_accuracy=0.7)

    async def generate(request: Request) -> Completion:
        if asks in request.prompt.text:
            return Completion("I cannot say.", 5, 4, "eos")
        return await toy.generate(request)

    return generate


@pytest.mark.parametrize(("evaluate", "asks"), [("value", "sure, likely or"), ("vote", "The best choice is s")])
@pytest.mark.parametrize("way", ["bfs", "dfs"])
def test_unread_judgements_are_counted_and_are_no_value(evaluate: str, asks: str, way: str) -> None:
    found = thought(search=way, evaluate=evaluate, engine=mumbling(asks), width=2, evaluations=3)
    judged = [node for node in found.nodes if "evaluation_tokens" in node]
    assert judged
    assert all((node["unread"], node["evaluation_tokens"]) == (3, 12) for node in judged)
    assert all(node["value"] is None for node in found.nodes)
    assert found.selection.candidates[0].whole  # a search that is told nothing still answers
    assert paid(found.nodes) == found.usage.completion_tokens


def test_unread_proposals_are_counted_and_the_problem_is_answered_all_the_same() -> None:
    found = thought(generate="propose", engine=mumbling("Propose"))
    assert found.nodes[0]["unread_proposals"] == 1
    assert [candidate.whole for candidate in found.selection.candidates] == [True]
    assert paid(found.nodes) == found.usage.completion_tokens


@pytest.mark.parametrize(
    ("reply", "steps"),
    [
        ("1. a\n2) b\n3: c", ["a", "b", "c"]),
        ("Some steps:\n 1. 2 + 2 = 4\n\nDone.", ["2 + 2 = 4"]),
        ("1. a\n2. b\n3. c\n4. d", ["a", "b", "c"]),
        ("4 + 4 = 8", []),
        ("1.5 is no item", []),
        ("", []),
    ],
)
def test_reading_proposals(reply: str, steps: list[str]) -> None:
    assert read_proposals(reply, 3) == steps


@pytest.mark.parametrize(
    ("reply", "worth"),
    [("sure", 20), ("It is likely, no:\nImpossible.", 0.001), ("LIKELY", 1), ("surely", None), ("", None)],
)
def test_reading_a_value_takes_the_last_word(reply: str, worth: float | None) -> None:
    assert read_value(reply) == worth


@pytest.mark.parametrize(
    ("reply", "index"),
    [("The best choice is 2", 1), ("the best choice is **3**.", 2), ("The best choice is 1; the best choice is 2", 1),
     ("The best choice is 4", None), ("The best choice is 0", None), ("2", None), ("The best choice is s", None)],
)  # fmt: skip
def test_reading_a_vote(reply: str, index: int | None) -> None:
    assert read_vote(reply, 3) == index


@given(st.text(max_size=300))
def test_any_reply_can_be_read(reply: str) -> None:
    assert len(read_proposals(reply, 4)) <= 4
    assert read_value(reply) in (None, 20.0, 1.0, 0.001)
    assert read_vote(reply, 3) in (None, 0, 1, 2)


def test_questions_and_steps_may_hold_braces_and_our_own_words() -> None:
    question, partial = "What is {x}? {partial}", "\\frac{1}{2} %s {question}"
    for messages in (propose_messages(question, partial, 2), value_messages(question, partial)):
        assert question in messages[0]["content"]
        assert partial in messages[0]["content"]
    assert "Choice 2:\nb" in vote_messages(question, ["a", "b"])[0]["content"]


# ----------------------------------------------------------------------------------------------------- the command line


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("search=bsf", "search is one of bfs, dfs, not 'bsf'"),
        ("generate=ask", "generate is one of sample, propose"),
        ("evaluate=votes", "evaluate is one of value, vote, verifier"),
        ("evaluate=verifier", "evaluate=verifier needs a verifier. Say --verifier KIND/NAME"),
        ("keep=0", "keep must be at least 1"),
    ],
)
def test_a_wrong_option_is_named(options: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = f"eval game24 --model toy/default --strategy tree_of_thoughts --limit 2 -S {options}"
    assert main([*command.split(), "--output-dir", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err


def test_a_verifier_may_score_the_responses_of_a_search_that_did_without(tmp_path: Path) -> None:
    command = "eval game24 --model toy/default --verifier oracle --strategy tree_of_thoughts -S width=2 --limit 2"
    assert main([*command.split(), "--output-dir", str(tmp_path)]) == 0
    [folder] = tmp_path.iterdir()
    for response in lines(folder / "responses.jsonl"):
        assert response["score"] == float(response["correct"] is True)
    with pytest.raises(UsageError, match="scores finished responses only"):
        thought(evaluate="verifier", verifier=Oracle())
