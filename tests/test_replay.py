"""Another verifier, aggregation or rule on a stored run: nothing is generated, nothing of the run is touched."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_evaluate import Failing
from test_ledger import Measuring

from fault_server import FaultServer
from harness.cli import main
from harness.core import UsageError
from harness.files import digest
from harness.replay import Replay, Wish, chosen, descent, replay, texts_of
from harness.run import Run
from harness.verifiers.oracle import Oracle
from harness.verifiers.toy import Toy as ToyVerifier
from scorers.pool import GradingPool
from support import lines, run, small_task, toy_plan


def made(out: Path, pool: GradingPool, strategy: str, **options: Any) -> Run:
    options = {"verifier": ToyVerifier("default", noise=0.8), "verifier_name": "toy/default", **options}
    return Run.open(run(toy_plan(strategy=strategy, step_accuracy=0.6, **options), out, pool).folder)


def again(opened: Run, pool: GradingPool, **wish: Any) -> Replay:
    """A replay over a policy that must not be asked."""
    task = small_task()
    backend = Failing(task.problems, tuple(p.id for p in task.problems))
    found = asyncio.run(replay(opened, task, pool, Wish(backend=backend, **wish)))
    assert backend.asked == []
    return found


def files(folder: Path) -> dict[str, str]:
    return {p.name: digest(p.read_bytes().hex()) for p in folder.iterdir() if not p.name.startswith(("replay-", "."))}


def rule(record: dict[str, Any], name: str, side: str) -> float:
    [row] = [row for row in record["rules"] if row["rule"] == name]
    value: float = row[side]["value"]
    return value


@pytest.mark.parametrize("strategy", ["best_of_n", "beam", "best_first"])
def test_the_same_verifier_chooses_the_same(strategy: str, tmp_path: Path, pool: GradingPool) -> None:
    opened = made(tmp_path, pool, strategy)
    before = files(opened.folder)
    found = again(opened, pool, verifier=ToyVerifier("default", noise=0.8), aggregation="last")
    for line, problem in zip(found.record["problems"], lines(opened.folder / "problems.jsonl"), strict=True):
        for name, choice in problem["choices"].items():
            assert line["before"][name] == line["after"][name] == {k: choice[k] for k in ("index", "correct")}
    responses = lines(opened.folder / "responses.jsonl")
    assert [s for line in found.record["problems"] for s in line["scores"]] == [r["score"] for r in responses]
    for tree, line in (
        zip(lines(opened.folder / "trees.jsonl"), found.record["problems"], strict=True)
        if (strategy != "best_of_n")
        else ()
    ):
        stored = {str(n["id"]): n["score"] for n in tree["nodes"][1:] if n["same_as"] is None}
        assert line["nodes"] == pytest.approx(stored)
    assert files(opened.folder) == before


@pytest.mark.parametrize("strategy", ["best_of_n", "beam"])
def test_an_oracle_reaches_the_pool(strategy: str, tmp_path: Path, pool: GradingPool) -> None:
    opened = made(tmp_path, pool, strategy)
    found = again(opened, pool, verifier=Oracle(), rule="best").record
    assert rule(found, "best", "after") == rule(found, "oracle", "after") == rule(found, "own", "after")
    assert rule(found, "majority", "before") == rule(found, "majority", "after")
    assert found["uses_gold"] is True


def test_an_aggregation_needs_no_verifier(tmp_path: Path, pool: GradingPool) -> None:
    opened = made(tmp_path, pool, "beam")
    found = again(opened, pool, aggregation="min").record
    whole = again(opened, pool, verifier=ToyVerifier("default", noise=0.8), aggregation="min").record
    assert [line["scores"] for line in found["problems"]] == [line["scores"] for line in whole["problems"]]
    assert found["rules"] == whole["rules"]
    assert any(
        line["scores"] != [min(s) for s in line["step_scores"]] for line in again(opened, pool).record["problems"]
    )


def test_calls_are_logged_beside_the_run_billed_and_never_repeated(tmp_path: Path, pool: GradingPool) -> None:
    opened = made(tmp_path, pool, "beam")
    before = files(opened.folder)
    verifier = Measuring()
    first = again(opened, pool, verifier=verifier, aggregation="last")
    log = first.path.with_suffix(".calls.jsonl")
    read = sum(verifier.read.values())
    assert sum(call["result"]["prompt_tokens"] for call in lines(log)) == read > 0
    assert first.record["usage"]["verifier_tokens"] >= read
    bytes_before = first.path.read_bytes()
    fresh = Measuring()
    second = again(opened, pool, verifier=fresh, aggregation="last")
    assert second.path.read_bytes() == bytes_before
    assert not fresh.read, "the second replay is answered from the log"
    other = again(opened, pool, verifier=fresh, aggregation="mean")
    assert not fresh.read, "another aggregation finds the calls of its neighbour"
    assert other.path != first.path
    assert files(opened.folder) == before


def test_a_failing_verifier_is_an_error_on_its_problem(tmp_path: Path, pool: GradingPool) -> None:
    class Short(ToyVerifier):
        async def score(self, path: Any, desk: Any) -> Any:
            found = await super().score(path, desk)
            return replace(found, steps=found.steps[1:]) if desk.problem.id == "small/3" else found

    opened = made(tmp_path, pool, "best_of_n", n=4)
    record = again(opened, pool, verifier=Short("default")).record
    assert [e["problem_id"] for e in record["errors"]] == ["small/3"]
    [row] = [row for row in record["rules"] if row["rule"] == "best"]
    assert row["after"]["problems"] == 7


def test_mistakes_are_told(tmp_path: Path, pool: GradingPool) -> None:
    plain = Run.open(run(toy_plan(), tmp_path, pool).folder)
    with pytest.raises(UsageError, match="no step scores"):
        again(plain, pool, aggregation="min")
    with pytest.raises(UsageError, match="Did you mean 'majority'"):
        again(plain, pool, rule="majorty")
    with pytest.raises(UsageError, match="not known"):
        again(plain, pool, rule="oracle")


def test_descent_follows_the_best_child() -> None:
    def node(i: int, parent: int | None, step: str, candidate: int | None = None) -> dict[str, Any]:
        return {"id": i, "parent": parent, "step": step, "candidate": candidate}

    nodes = [node(0, None, ""), node(1, 0, "a"), node(2, 0, "b"), node(3, 1, "c", 0), node(4, 1, "d")]
    assert texts_of(nodes) == {0: "", 1: "a", 2: "b", 3: "ac", 4: "ad"}
    responses = [{"correct": True}]

    def led(*scores: float) -> Any:
        return descent(nodes, [{"id": i, "score": s} for i, s in enumerate(scores, 1)], responses)["descent"]

    assert led(0.9, 0.1, 0.8, 0.2) == {"index": 0, "correct": True}
    assert led(0.9, 0.1, 0.2, 0.8) == {"index": None, "correct": False}
    assert led(0.5, 0.5, 0.5, 0.5) == {"index": 0, "correct": True}
    assert led(0.1, 0.9, 0.8, 0.2) == {"index": None, "correct": False}
    assert descent(nodes, [], responses) == {}
    assert chosen([]) == {
        "first": None, "majority": None, "best": None, "weighted_majority": None,
        "oracle": {"index": None, "correct": False},
    }  # fmt: skip


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--strategy", "best_of_n", "-S", "n=8", "--verifier", "toy/default", "-V", "noise=0.9", "--limit", "6"]
    model = ["--model", "toy/default", "-M", "step_accuracy=0.7"]
    assert main(["eval", "game24", *model, *options, "--output-dir", str(tmp_path)]) == 0
    [folder] = tmp_path.iterdir()
    before = files(folder)
    capsys.readouterr()
    assert main(["score", str(folder), "--verifier", "toy/default", "--choose", "best"]) == 0
    out = capsys.readouterr().out
    assert "| own " in out
    assert "verifier toy/default, last · choose best" in out
    assert main(["score", str(folder), "-V", "aggregation=product", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["schema"] == "harness.replay/1"
    assert Path(record["file"]).exists()
    assert files(folder) == before
    for wrong, told in (
        (["--choose", "bst"], "Did you mean 'best'"),
        (["-V", "noise=1"], "--verifier KIND/NAME"),
        (["-V", "aggregation=lst"], "Did you mean 'last'"),
        (["--verifier", "tyo/x"], "Did you mean 'toy'"),
        (["--verifier", "toy/x", "-M", "step_accuracy=0.1"], "it differs in step_accuracy"),
        (["--choose", "best", "--k", "1"], "belong to grading"),
    ):
        assert main(["score", str(folder), *wrong]) == 2
        assert told in capsys.readouterr().err


def test_the_command_finds_the_options_of_the_runs_backend(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with FaultServer() as server:
        model = ["--model", "openai/fake", "-M", f"base_url={server.base_url}"]
        options = ["--strategy", "sample", "-S", "n=2", "--limit", "3", "--output-dir", str(tmp_path)]
        assert main(["eval", "game24", *model, *options]) == 0
        asked = server.answered
        [folder] = tmp_path.iterdir()
        assert main(["score", str(folder), "--verifier", "oracle"]) == 0
        assert server.answered == asked
    assert "ORACLE" in capsys.readouterr().out
