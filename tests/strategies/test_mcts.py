"""Monte Carlo tree search: what holds for every tree, identities, the two moves, and what it gains."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cli import main
from harness.core import Completion, Desk, Request, Sampling, Scores, UsageError
from harness.verifiers.oracle import Oracle
from harness.verifiers.toy import Toy as ToyVerifier
from scorers.pool import GradingPool
from support import lines, run, search, small_task, toy_plan

PROBLEMS = small_task(4).problems


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """Parameters and the world around them."""
    return {
        "simulations": draw(st.integers(1, 9)),
        "width": draw(st.integers(1, 4)),
        "max_steps": draw(st.integers(1, 7)),
        "formula": draw(st.sampled_from(["uct", "puct"])),
        "c": draw(st.none() | st.floats(0.1, 3)),
        "evaluate": draw(st.sampled_from(["verifier", "rollout", "both"])),
        "rollouts": draw(st.integers(1, 2)),
        "widening": draw(st.none() | st.floats(0.1, 0.9)),
        "hopeless": draw(st.none() | st.floats(0.05, 0.9)),
        "parallel": draw(st.sampled_from([1, 1, 2, 3, 8])),
        "choose": draw(st.sampled_from(["best", "visits", "value", "majority", "weighted_majority", "first"])),
        "sampling": Sampling(0.8, max_tokens=draw(st.sampled_from([3, 12, 45, 500])), seed=draw(st.integers(0, 99))),
        "budget": draw(st.none() | st.integers(1, 400)),
        "noise": draw(st.sampled_from([0.0, 0.3])),
        "step_accuracy": draw(st.sampled_from([0.01, 0.7, 1.0])),
        "problem": draw(st.sampled_from(PROBLEMS)),
    }


@settings(deadline=None, max_examples=250, derandomize=True)
@given(cases())
def test_what_holds_for_every_tree(case: dict[str, Any]) -> None:
    found = search("mcts", **case)
    nodes, candidates = found.nodes, found.selection.candidates
    own = [node for node in nodes if node["candidate"] is not None]
    assert candidates
    assert sorted(node["candidate"] for node in own) == list(range(len(candidates)))
    assert all(candidate.finished and candidate.score is not None for candidate in candidates)
    assert all(len(weights) == len(candidates) for weights in found.selection.weights.values())
    # Every token that was paid stands in the tree, and no more than the budget was paid.
    assert sum(node["tokens"] for node in nodes) == found.usage.completion_tokens == found.meter.spent
    assert case["budget"] is None or found.meter.spent <= case["budget"]
    # A visit passes through every node above it.
    for node in nodes:
        below = [n for n in nodes if n["parent"] == node["id"]]
        assert sum(n["visits"] for n in below) <= node["visits"] <= case["simulations"]
        assert node["value"] is None or 0 <= node["value"] <= 1
        if node["state"] == "duplicate":
            assert node["visits"] == 0
            assert not below
    # What was dropped never gets any children but roll-outs.
    for node in nodes:
        if node["state"] == "pruned":
            assert all(n.get("kind") == "rollout" for n in nodes if n["parent"] == node["id"])
    assert json.loads(json.dumps(nodes, allow_nan=False)) == nodes
    again = search("mcts", **case)
    assert (again.requests, again.selection) == (found.requests, found.selection)


def test_one_simulation_without_expansion_is_one_sample() -> None:
    for seed in range(5):
        sampling = Sampling(0.8, max_tokens=512, seed=seed)
        found = search("mcts", simulations=1, width=1, max_steps=1, sampling=sampling)
        assert found.texts == search("sample", n=1, sampling=sampling).texts
        assert found.usage.calls == 1


def test_simulations_go_below_the_root_and_return_to_it() -> None:
    nodes = search("mcts", simulations=12, width=2, noise=0.6, c=0.5).nodes
    parents = {node["id"]: node["parent"] for node in nodes}

    def depth(node: int) -> int:
        return 0 if parents[node] is None else 1 + depth(parents[node])

    visited = [depth(node["id"]) for node in sorted((n for n in nodes if "order" in n), key=lambda n: n["order"])]
    assert max(visited) >= 2
    assert any(later < earlier for earlier, later in itertools.pairwise(visited))


def test_simulations_under_way_together_wait_less_and_are_as_many() -> None:
    alone, together = (search("mcts", simulations=12, width=4, noise=0.6, parallel=parallel) for parallel in (1, 4))
    assert [found.nodes[0]["visits"] for found in (alone, together)] == [12, 12]
    assert together.meter.serial < alone.meter.serial * 2 / 3
    # The first has the root for itself; those that follow keep out of each other's way.
    parents = {node["id"]: node["parent"] for node in together.nodes}
    places = [next(node for node in together.nodes if node.get("order") == order) for order in range(3)]
    assert [parents[place["id"]] for place in places] == [None, 0, 0]
    assert len({place["id"] for place in places}) == 3


def test_a_single_simulation_asks_the_same_however_many_may_be_under_way() -> None:
    alone, together = (search("mcts", simulations=1, width=3, parallel=parallel) for parallel in (1, 8))
    assert (alone.requests, alone.selection) == (together.requests, together.selection)


def test_a_hopeless_step_is_dropped() -> None:
    nodes = search("mcts", simulations=10, width=3, noise=0.0, hopeless=0.5, step_accuracy=0.5).nodes
    dropped = [node for node in nodes if node["state"] == "pruned"]
    assert dropped
    assert all(node["score"] == 0.0 for node in dropped)
    assert not {node["id"] for node in dropped} & {node["parent"] for node in nodes}


def test_widening_adds_children_to_a_node_that_is_visited_often() -> None:
    def children(widening: float | None) -> int:
        nodes = search("mcts", simulations=20, width=2, widening=widening, noise=0.3).nodes
        return sum(node["parent"] == 0 for node in nodes)

    assert children(None) == 2
    assert children(0.6) > 2


def test_the_oracle_values_roll_outs_and_no_partial_path(tmp_path: Path, pool: GradingPool) -> None:
    plan = toy_plan(
        small_task(6), strategy="mcts", step_accuracy=0.6, verifier=Oracle(), verifier_name="oracle",
        simulations=6, evaluate="rollout",
    )  # fmt: skip
    finished = run(plan, tmp_path, pool)
    assert finished.results is not None
    assert finished.results["verifier"]["uses_gold"] is True
    nodes = lines(finished.folder / "trees.jsonl")[0]["nodes"]
    assert all(node["score"] in (0.0, 1.0) for node in nodes if node.get("kind") == "rollout")
    assert all(node["score"] is None for node in nodes if node["finish_reason"] is None)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("formula=ucb", "one of uct, puct"),
        ("evaluate=value", "one of verifier, rollout, both"),
        ("choose=visit", "Choice 'visit' is not known. Did you mean 'visits'?"),
    ],
)
def test_a_wrong_choice_is_named(option: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = f"eval game24 --model toy/default --verifier toy/default --strategy mcts -S {option} --limit 2"
    assert main([*command.split(), "--output-dir", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err


def test_a_verifier_of_whole_responses_cannot_value_steps() -> None:
    with pytest.raises(UsageError, match="scores finished responses only"):
        search("mcts", verifier=Oracle())


def test_under_a_good_verifier_it_beats_sampling_at_no_more_tokens(tmp_path: Path, pool: GradingPool) -> None:
    """Half of the steps are wrong: a whole response is nearly never right, and a right step is soon found."""
    task = small_task(40)
    verified = {"verifier": ToyVerifier("default", noise=0.1), "verifier_name": "toy/default"}
    accuracy, tokens = {}, {}
    for strategy, parameters in (
        ("mcts", {"simulations": 4, "width": 4}),
        ("best_of_n", {"n": 32, "weighted": False}),
    ):
        plan = toy_plan(task, strategy=strategy, step_accuracy=0.5, steps=5, **verified, **parameters)
        results = run(plan, tmp_path, pool).results
        assert results is not None
        accuracy[strategy] = results["metrics"][0]["value"]
        tokens[strategy] = results["usage"]["asked"]["completion_tokens"]
    assert tokens["mcts"] < tokens["best_of_n"]
    assert accuracy["mcts"] > accuracy["best_of_n"] + 0.3


def test_a_tree_may_be_deeper_than_pythons_stack() -> None:
    depth = 1200

    class Even:
        """A verifier of few words."""

        partial, uses_gold, concurrency = True, False, 8
        identity: dict[str, Any] = {"verifier": "even"}  # noqa: RUF012
        environment: dict[str, Any] = {}  # noqa: RUF012

        async def score(self, path: Path, desk: Desk) -> Scores:
            return Scores(outcome=0.5)

        async def close(self) -> None: ...

    async def engine(request: Request) -> Completion:
        last = request.prefix.count("\n\n") + 1 == depth
        return Completion("s", 1, 1, "eos" if last else "stop", None if last else "\n\n")

    sampling = Sampling(temperature=0.8, max_tokens=2 * depth)
    world = {"engine": engine, "verifier": Even(), "sampling": sampling}
    found = search("mcts", simulations=3, width=1, max_steps=2 * depth, **world)
    assert len(found.requests) == depth  # the second simulation finds nothing left
    assert len(found.nodes) == depth + 1
    assert found.selection.candidates[0].whole
