"""The trees that strategies grew when they were last looked at, compared node by node.

HARNESS_WRITE_GOLDEN=1 writes them anew; the difference is then read before it is committed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from harness.verifiers.toy import Toy as ToyVerifier
from scorers.pool import GradingPool
from support import lines, run, small_task, toy_plan

FOLDER = Path(__file__).parent / "golden"
LARGEST = 30_000  # bytes of a file
# Each strategy (and what tells its trees apart) with the parameters of its golden tree.
STRATEGIES: list[tuple[str, dict[str, Any]]] = [
    ("beam", {"n": 4, "width": 2}),
    ("best_first", {"width": 3}),
    ("dvts", {"n": 4, "width": 2}),
    ("lookahead", {"n": 4, "width": 2, "k": 1}),
    ("mcts", {"simulations": 5, "width": 2, "evaluate": "both"}),
    ("mcts-parallel", {"simulations": 6, "width": 2, "parallel": 3}),
    ("particle_filter", {"n": 4}),
    ("tree_of_thoughts", {"width": 2, "keep": 2, "evaluations": 2}),
    (
        "tree_of_thoughts-dfs",
        {"search": "dfs", "generate": "propose", "evaluate": "vote", "width": 3, "max_states": 20},
    ),
]


def grown(strategy: str, parameters: dict[str, Any], out: Path, pool: GradingPool) -> list[dict[str, Any]]:
    """What a run over two small problems leaves of each."""
    plan = toy_plan(
        small_task(2),
        strategy=strategy.partition("-")[0],
        step_accuracy=0.7,
        verifier=ToyVerifier("default", noise=0.2),
        **parameters,
    )
    folder = run(plan, out, pool).folder
    trees = {tree["problem_id"]: tree["nodes"] for tree in lines(folder / "trees.jsonl")}
    responses = lines(folder / "responses.jsonl")
    return [
        {
            "problem_id": problem["problem_id"],
            "rule": problem["rule"],
            "choices": {name: choice and choice["index"] for name, choice in problem["choices"].items()},
            "completion_tokens": problem["usage"]["completion_tokens"],
            "serial_tokens": problem["usage"]["serial_tokens"],
            "weights": [r["weights"] for r in responses if r["problem_id"] == problem["problem_id"]],
            "nodes": [rounded(node) for node in trees[problem["problem_id"]]],
        }
        for problem in lines(folder / "problems.jsonl")
    ]


def rounded(node: dict[str, Any]) -> dict[str, Any]:
    """Without the last digits of its scores, which are the mathematics library's own."""
    score = node["score"]
    return {
        **node,
        "score": None if score is None else round(score, 9),
        "step_scores": [round(score, 9) for score in node["step_scores"]],
    }


def write(path: Path, parameters: dict[str, Any], problems: list[dict[str, Any]]) -> None:
    """One node a line, so that a difference can be read."""
    parts = []
    for problem in problems:
        head = json.dumps({k: v for k, v in problem.items() if k != "nodes"}, sort_keys=True)
        nodes = ",\n".join(json.dumps(node, sort_keys=True) for node in problem["nodes"])
        parts.append(f'{head[:-1]}, "nodes": [\n{nodes}]}}')
    body = ",\n".join(parts)
    path.write_text(f'{{"parameters": {json.dumps(parameters)}, "problems": [\n{body}]}}\n')


@pytest.mark.parametrize(("strategy", "parameters"), STRATEGIES, ids=[name for name, _ in STRATEGIES])
def test_tree(strategy: str, parameters: dict[str, Any], tmp_path: Path, pool: GradingPool) -> None:
    path = FOLDER / f"{strategy}.json"
    found = grown(strategy, parameters, tmp_path, pool)
    if os.environ.get("HARNESS_WRITE_GOLDEN") == "1":
        write(path, parameters, found)
    assert path.stat().st_size < LARGEST
    golden = json.loads(path.read_text())
    assert golden["parameters"] == parameters
    for left, right in zip(found, golden["problems"], strict=True):
        for mine, theirs in zip(left["nodes"], right["nodes"], strict=False):
            assert mine == theirs, f"{left['problem_id']}: node {theirs['id']} is not what it was"
        assert left == right


def test_no_golden_tree_is_left_alone() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == {name for name, _ in STRATEGIES}
