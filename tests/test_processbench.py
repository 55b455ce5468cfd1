"""ProcessBench from the command line: an ordinary run, whose F1 can be reckoned by hand."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from made_processbench import F1, SHAPES, SUBSETS, write
from test_resume import killed

from harness.backends._nobody import Nobody
from harness.backends.toy import Toy
from harness.cli import main
from harness.evaluate import Plan
from harness.verifiers.judge import Judge
from scorers.pool import GradingPool
from support import calls, lines, run
from tasks.loading import load_task

TOY = ["--verifier", "toy/default"]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder; runs go beside it."""
    monkeypatch.setenv("HARNESS_DATA", str(write(tmp_path / "data")))
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    return tmp_path


def evaluate(made: Path, *options: str, code: int = 0) -> tuple[Path, dict[tuple[str, Any], Any]]:
    """Run it; the folder, and the rows of results.json by metric and level (None: all)."""
    out = made / "runs"
    before = set(out.iterdir()) if out.exists() else set()
    assert main(["eval", "processbench", "--output-dir", str(out), *options]) == code
    [folder] = set(out.iterdir()) - before
    rows = json.loads((folder / "results.json").read_text())["metrics"]
    return folder, {(r["metric"], r["value_of_group"]): r for r in rows if r["group"] in ("all", "level")}


def test_f1_by_hand(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, rows = evaluate(made, *TOY)
    for subset in SUBSETS:
        assert rows["f1", subset]["value"] == pytest.approx(F1[subset])
    assert rows["f1", None]["value"] == pytest.approx(sum(F1.values()) / 4)
    assert (rows["accuracy_correct", "gsm8k"]["value"], rows["accuracy_correct", "gsm8k"]["problems"]) == (0.5, 2)
    assert rows["accuracy_erroneous", "gsm8k"]["value"] == pytest.approx(2 / 3)
    assert rows["accuracy", None]["value"] == pytest.approx(9 / 14)
    assert rows["f1", None]["threshold"] == 0.5
    assert "first_error" in folder.name
    # Scores are those of the given steps, although there are blank lines inside of them, and nothing was generated.
    for response in lines(folder / "responses.jsonl"):
        subset, number = response["problem_id"].split("-")
        count, wrong, _ = SHAPES[subset][int(number)]
        assert response["step_scores"] == [0.0 if 0 <= wrong <= i else 1.0 for i in range(count)]
        assert response["text"] == f"\\boxed{{{wrong}}}"
    assert json.loads((folder / "results.json").read_text())["usage"]["asked"]["calls"] == 0
    assert "tokens ·" not in capsys.readouterr().out
    assert main(["report", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "tokens of a response" not in shown
    assert "| gsm8k" in shown
    assert "57.1" in shown
    assert "the threshold 0.5" in shown
    assert main(["report", str(folder), "--tokens"]) == 0
    caption, *rest = capsys.readouterr().out.splitlines()
    assert caption.startswith("**tokens of a response · processbench")
    assert rest == ["", "nothing was generated"]
    assert main(["report", str(folder), "--tokens", "--format", "html"]) == 0
    assert "<table" not in capsys.readouterr().out
    assert main(["score", str(folder)]) == 0
    assert "0 verdicts changed" in capsys.readouterr().out
    assert main(["score", str(folder), "--verifier", "judge/toy/default"]) == 2
    assert "verdicts on given solutions" in capsys.readouterr().err


def test_another_threshold_asks_nothing_anew(made: Path) -> None:
    options = ["--verifier", "judge/toy/default"]
    evaluate(made, *options)
    folder, _ = evaluate(made, *options, "-S", "threshold=0.9")
    results = json.loads((folder / "results.json").read_text())
    assert results["usage"]["asked"]["verifier_calls"] > 0
    assert results["usage"]["generated"]["verifier_calls"] == 0


def test_step_auroc_by_hand(made: Path) -> None:
    _, rows = evaluate(made, *TOY, "--level", "gsm8k")
    # Labelled right: 3 + 3 of the correct ones (scores 111 100), and before the label 0, 2, 1 (11, 1).
    # Labelled wrong: scores 0, 0, 1. Of 27 pairs: 7 right ones score 1, 2 score 0.
    won = 7 * 2 + 7 * 1 / 2 + 2 * 2 / 2 + 2 * 0
    assert rows["step_auroc", "gsm8k"]["value"] == pytest.approx(won / 27)


def test_threshold_and_what_is_held_out(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, rows = evaluate(
        made, *TOY, "-S", "threshold=0"
    )  # nothing is below: no step is wrong, all correct ones are right
    assert rows["accuracy_correct", None]["value"] == 1.0
    assert rows["accuracy_erroneous", None]["value"] == 0.0
    assert rows["f1", None]["value"] == 0.0


def test_a_critic_is_asked_in_words(made: Path) -> None:
    """Without a verifier it is an ordinary task; the toy model's answers are fractions, which name no step."""
    folder, rows = evaluate(made, "--model", "toy/default", "-M", "step_accuracy=1", "--strategy", "greedy")
    assert rows["f1", None]["value"] == 1.0  # it is told the gold answers, and never errs
    assert ("step_auroc", None) not in rows
    manifest = json.loads((folder / "manifest.json").read_text())
    assert "<paragraph_1>\nWe go on." in manifest["first_prompt"]["text"]
    _, rows = evaluate(made, "--model", "toy/default", "-M", "step_accuracy=1e-9", "--strategy", "greedy")
    assert rows["f1", None]["value"] == 0.0


@pytest.mark.parametrize("verifier", ["judge", "confidence", "rollout"])
def test_verifiers_that_ask_a_model(verifier: str, made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, rows = evaluate(made, "--model", "toy/default", "--verifier", verifier, "--strategy", "first_error")
    assert rows["f1", None]["problems"] == 14
    for response in lines(folder / "responses.jsonl"):
        subset, number = response["problem_id"].split("-")
        assert len(response["step_scores"]) == SHAPES[subset][int(number)][0]
    assert main(["eval", "processbench", "--verifier", verifier, "--output-dir", str(made / "runs")]) == 2
    assert "--model is missing" in capsys.readouterr().err


@pytest.mark.usefixtures("made")
def test_killed_and_continued_it_ends_with_the_same_bytes(tmp_path: Path, pool: GradingPool) -> None:
    task = load_task("processbench")
    toy = Toy("default", task.problems)
    plan = Plan(task, Nobody(), "none", "first_error", {"threshold": 0.5}, verifier=Judge("", toy), concurrency=2)
    whole = run(plan, tmp_path / "whole", pool).folder
    count = len((whole / "calls.jsonl").read_text().splitlines())
    assert count == 2 * sum(steps for shapes in SHAPES.values() for steps, _, _ in shapes)
    for at in (1, 20, 60):
        out = tmp_path / str(at)
        assert killed(out, at, Random(at), plan)
        folder = run(plan, out, pool).folder
        assert calls(folder) == calls(whole)
        for name in ("problems.jsonl", "responses.jsonl", "results.json"):
            assert (folder / name).read_bytes() == (whole / name).read_bytes()


def test_a_real_architecture(made: Path, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    assert torch is not None
    from verifiers.test_prm import model

    model("qwen", tmp_path / "prm")
    folder, rows = evaluate(made, "--verifier", f"prm/{tmp_path / 'prm'}")
    usage = json.loads((folder / "results.json").read_text())["usage"]["asked"]
    assert usage["verifier_calls"] == 14
    assert usage["verifier_tokens"] > 14
    assert 0 <= rows["step_auroc", None]["value"] <= 1


def test_what_has_no_score_is_counted(made: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from verifiers.test_prm import model

    model("token", tmp_path / "prm")
    options = ["--verifier", f"prm/{tmp_path / 'prm'}", "-V", "max_length=200", "--max-errors", "14"]
    _, rows = evaluate(made, *options)
    row = rows["f1", None]
    assert 0 < row["unjudged"] < 14
    assert row["problems"] + row["unjudged"] == 14


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["game24", "--strategy", "first_error", *TOY],
            "judges solutions that a task brings",
        ),
        (["processbench"], "--model is missing"),
        (["processbench", "--strategy", "greedy", *TOY], "--model is missing"),
        (["processbench", "--strategy", "first_error"], "--model is missing"),
        (["processbench", "--verifier", "oracle"], "sees the gold answer"),
    ],
)
def test_what_cannot_be(options: list[str], said: str, made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", *options, "--output-dir", str(made / "runs")]) == 2
    assert said in capsys.readouterr().err
