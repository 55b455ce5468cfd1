"""Searches that did not search are told, and those that did are not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.analysis.degenerate import signs, warnings
from harness.run import Run
from harness.verifiers.oracle import Oracle
from harness.verifiers.toy import Toy as ToyVerifier
from reports import search, tables
from scorers.pool import GradingPool
from support import run, small_task, toy_plan


def tree(*nodes: tuple[int, str, float | None, bool]) -> list[dict[str, Any]]:
    """Nodes of (parent, step, score, finished) below the root."""
    root = {"id": 0, "parent": None, "step": "", "score": None, "finish_reason": None}
    return [root] + [
        {"id": i, "parent": parent, "step": step, "score": score, "finish_reason": "eos" if finished else None}
        for i, (parent, step, score, finished) in enumerate(nodes, start=1)
    ]


def test_each_sign_and_a_healthy_tree() -> None:
    assert signs(tree((0, "a", 0.1, False), (0, "b", 0.2, False), (1, "c", 0.3, True))) == set()
    assert signs(tree((0, "a", 0.1, False), (0, "b", 0.2, False))) == {"root"}
    assert signs(tree((0, "a", 0.1, True), (0, "b", 0.2, True))) == set(), "whole answers at depth 1 are no failure"
    assert signs(tree((0, "a", 0.1, False), (1, "b", 0.2, False), (2, "c", 0.3, True))) == {"branching"}
    assert signs(tree((0, "a", 0.1, False), (0, "a", 0.1, False), (1, "c", 0.3, True))) == {"identical"}
    assert signs(tree((0, "a", 0.5, False), (0, "b", 0.5, False), (1, "c", 0.5, True))) == {"scores"}
    assert signs(tree()) == {"root"}


class Constant(ToyVerifier):
    """A verifier that says one half to everything."""

    async def score(self, path: Any, desk: Any) -> Any:
        found = await super().score(path, desk)
        return replace(found, steps=(0.5,) * len(found.steps))


def test_a_constant_verifier_is_told_in_the_table(tmp_path: Path, pool: GradingPool) -> None:
    plan = toy_plan(strategy="beam", n=4, width=2, verifier=Constant("default"), verifier_name="toy/constant")
    finished = run(plan, tmp_path, pool)
    sentence = "The search got one and the same score from the verifier for everything on 8 of 8 problems."
    assert finished.warnings == (sentence,)
    opened = Run.open(finished.folder)
    assert f"warning: {sentence}" in tables.footnotes(opened)
    assert any("one and the same score" in note for note in search.search(opened)[0].notes)
    again = run(plan, tmp_path, pool)
    assert again.warnings == (sentence,), "a finished run says it again"


def test_a_deterministic_policy_finds_no_two_children(tmp_path: Path, pool: GradingPool) -> None:
    plan = toy_plan(strategy="beam", n=4, width=2, temperature=0.0, verifier=ToyVerifier("default", noise=0.2))
    finished = run(plan, tmp_path, pool)
    assert "The search found no two different children on 8 of 8 problems." in finished.warnings


def test_a_sound_search_and_an_oracle_are_not_accused(tmp_path: Path, pool: GradingPool) -> None:
    beam = toy_plan(strategy="beam", n=8, width=2, step_accuracy=0.7, verifier=ToyVerifier("default", noise=0.2))
    assert run(beam, tmp_path, pool).warnings == ()
    plan = toy_plan(small_task(4), strategy="best_of_n", n=4, step_accuracy=1.0, verifier=Oracle())
    folder = run(replace(plan, verifier_name="oracle"), tmp_path, pool).folder
    assert warnings(Run.open(folder)) == []
    assert "ORACLE" in tables.caption(Run.open(folder))
