"""Inspect's logs become run folders: one that Inspect's own evaluation wrote, and our own exports of both kinds."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest

from exchange import export
from harness.cli import main
from harness.imports.inspect import verdict
from harness.run import Run

pytest.importorskip("inspect_ai")


def imported(path: Path, out: Path, *options: str, form: str = "inspect") -> Run:
    """`harness import` of what holds one run."""
    assert main(["import", form, str(path), "--output-dir", str(out), *options]) == 0
    (manifest,) = out.glob("*/manifest.json")
    return Run.open(manifest.parent)


def value(run: Run, metric: str, k: int | None = None) -> Any:
    (row,) = [r for r in run.results()["metrics"] if (r["metric"], r["k"], r["group"]) == (metric, k, "all")]
    return row["value"]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real evaluation of Inspect's with its mock model: two epochs, each right on every other problem."""
    from inspect_ai import Epochs, Task, eval
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.model import ModelOutput, ModelUsage, get_model
    from inspect_ai.scorer import includes, match
    from inspect_ai.solver import generate

    folder = tmp_path_factory.mktemp("inspect")
    samples = [
        Sample(id=f"p{i}", input=f"What is {i} + {i}?", target=str(2 * i), metadata={"level": f"Level {1 + i % 2}"})
        for i in range(6)
    ]
    drawn: dict[str, int] = {}

    def answer(messages: Any, *_: Any) -> ModelOutput:
        number = int(messages[-1].text.split()[2])
        epoch = drawn[messages[-1].text] = drawn.get(messages[-1].text, -1) + 1
        said = f"The answer is \\boxed{{{2 * number + (number + epoch) % 2}}}."
        output = ModelOutput.from_content("mockllm/model", said)
        output.usage = ModelUsage(input_tokens=10, output_tokens=7, total_tokens=17)  # else it fetches a tokenizer
        return output

    task = Task(
        name="tiny_math",
        dataset=MemoryDataset(samples),
        solver=generate(),
        scorer=[match(numeric=True), includes()],
        epochs=Epochs(2),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Inspect's own
        (done,) = eval(
        task, model=get_model("mockllm/model", custom_outputs=answer), log_dir=str(folder), display="none",
        max_samples=1, max_connections=1, temperature=0.5,
    )  # fmt: skip
    assert done.status == "success"
    (path,) = folder.glob("*.eval")
    return path


@pytest.mark.filterwarnings("ignore")  # Inspect's own
def test_a_log_of_inspects_own(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = imported(log.parent, tmp_path / "runs")
    assert (run.manifest["state"], run.manifest["model"]) == ("imported", "mockllm/model")
    assert run.manifest["identity"]["strategy"] == {"name": "sample", "parameters": {"n": 2}}
    assert run.manifest["identity"]["sampling"]["temperature"] == 0.5
    assert value(run, "pass@k", 1) == 0.5
    assert (value(run, "completion_tokens"), value(run, "total_tokens")) == (7, 34)
    assert "graded by scorers.math_answer:grade" in capsys.readouterr().out
    assert [line["level"] for line in run.lines("problems.jsonl")] == [1, 2, 1, 2, 1, 2]
    assert main(["report", str(run.folder)]) == 0
    assert main(["export", str(run.folder), "--format", "every-eval-ever", "-o", str(tmp_path / "eee")]) == 0


@pytest.mark.filterwarnings("ignore")
def test_its_verdicts_stand_where_they_are_to_be_kept(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = imported(log, tmp_path / "kept", "--keep-verdicts", "--scorer", "includes")
    right = [r["correct"] for r in kept.lines("responses.jsonl")]
    own = [str(2 * i) in r["text"] for i, r in zip(sorted([*range(6)] * 2), kept.lines("responses.jsonl"), strict=True)]
    assert right == own
    assert "Inspect (includes)" in capsys.readouterr().out
    assert main(["import", "inspect", str(log), "--scorer", "x", "--output-dir", str(tmp_path / "x")]) == 2
    assert "It has match, includes" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["inspect", "lm-eval"])
def test_our_own_exports_come_back(form: str, sampled: Run, searched: Run, sums: Path, tmp_path: Path) -> None:
    for run in (sampled, searched):
        folder = tmp_path / run.name
        assert export(form, [run], folder / "out", "--include-path", str(sums)) == 0
        back = imported(folder / "out", folder / "runs", form=form)
        for metric, k in (("accuracy", None), ("pass@k", 1), ("pass@k", 4), ("maj@k", 4), ("completion_tokens", None)):
            assert value(back, metric, k) == pytest.approx(value(run, metric, k)), metric
        assert value(back, "truncated") == value(run, "truncated")
        assert back.manifest["identity"]["strategy"] == run.manifest["identity"]["strategy"]
        ours, theirs = (list(each.lines("responses.jsonl")) for each in (run, back))
        key = [(r["problem_id"], r["index"], r["text"], r["correct"]) for r in theirs]
        assert sorted(key) == sorted((r["problem_id"], r["index"], r["text"], r["correct"]) for r in ours)


def test_what_is_no_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.eval").write_text("no zip")
    assert main(["import", "inspect", str(tmp_path), "--output-dir", str(tmp_path / "runs")]) == 2
    assert "no log that Inspect can read" in capsys.readouterr().err
    assert main(["import", "inspect", str(tmp_path / "nothing")]) == 2
    assert main(["import", "inspect", str(tmp_path), "--filter", "x"]) == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [("C", True), ("I", False), ("N", False), ("P", None), (1, True), (0.5, False), (True, True), ([1], None)],
)
def test_values_of_scores(given: Any, said: bool | None) -> None:
    assert verdict(given) is said
    assert verdict(float("nan")) is None
