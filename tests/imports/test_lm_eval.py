"""Real runs of lm-eval become run folders that report, compare and export read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.run import Run
from lm_eval_runs import lm_eval_run
from support import lines, sums_task

FOREIGN = """\
task: {name}
custom_dataset: !function {name}_data.load
test_split: test
doc_to_text: "Q: {{{{question}}}} A:"
doc_to_target: "{{{{answer}}}}"
generation_kwargs: {{until: ["Q:"], do_sample: {sampled}, temperature: {temperature}, max_gen_toks: 64}}
repeats: {repeats}
metric_list: [{{metric: exact_match, aggregation: mean, higher_is_better: true}}]
metadata: {{version: 2}}
"""
FILTERS = """\
filter_list:
  - {name: whole, filter: [{function: take_first}]}
  - {name: last, filter: [{function: regex, regex_pattern: '(\\d+)', group_select: -1}, {function: take_first}]}
"""
DATA = """\
from datasets import Dataset
def load(**_):
    rows = [
        {{"question": f"How much is {{n}} and {{n}}?", "answer": f"{work}{{2 * n}}", "level": f"Level {{1 + n % 2}}"}}
        for n in range(6)
    ]
    return {{"test": Dataset.from_list(rows)}}
"""


def foreign(folder: Path, name: str, *, work: str = "", repeats: int = 1) -> Path:
    """A task file of lm-eval's own kind, whose documents are not in our format."""
    folder.mkdir(exist_ok=True)
    sampled, temperature = ("true", 0.7) if repeats > 1 else ("false", 0.0)
    text = FOREIGN.format(name=name, repeats=repeats, sampled=sampled, temperature=temperature)
    (folder / f"{name}.yaml").write_text(text)
    (folder / f"{name}_data.py").write_text(DATA.format(work=work))
    return folder


def imported(path: Path, out: Path, *options: str) -> Run:
    """`harness import lm-eval` of what holds one run."""
    assert main(["import", "lm-eval", str(path), "--output-dir", str(out), *options]) == 0
    (manifest,) = out.glob("*/manifest.json")
    return Run.open(manifest.parent)


def value(run: Run, metric: str, k: int | None = None) -> Any:
    (row,) = [r for r in run.results()["metrics"] if (r["metric"], r["k"], r["group"]) == (metric, k, "all")]
    return row["value"]


def sum_of(prompt: str) -> int:
    """The right answer to a question of these tasks."""
    return 2 * int(next(word for word in prompt.split() if word.isdigit()))


def boxed(right: Callable[[int], bool]) -> Callable[[str, int], str]:
    """Answers to questions; right where `right(n)` says so."""
    return lambda prompt, draw: f"It is \\boxed{{{sum_of(prompt) + (0 if right(sum_of(prompt) + draw) else 1)}}}."


def test_our_own_task_is_graded_as_lm_eval_graded_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sums = sums_task(tmp_path / "tasks")
    with (sums / "sums.yaml").open("a") as stream:
        stream.write("process_results: !function tasks.documents.process_results\n")
    results, _ = lm_eval_run(tmp_path / "lm", sums, "sums", boxed(lambda n: n % 3 > 0), limit=12)
    run = imported(tmp_path / "lm", tmp_path / "runs")
    theirs = json.loads(results.read_text())
    assert value(run, "accuracy") == pytest.approx(theirs["results"]["sums"]["exact_match,none"])
    assert "agree on 12 of 12" in capsys.readouterr().out
    manifest = run.manifest
    assert (manifest["state"], manifest["model"]) == ("imported", "Answers/org/model")
    identity = manifest["identity"]
    assert identity["model"]["args"] == {"pretrained": "org/model", "dtype": "float32"}
    assert identity["model"]["sha"] == "0123abcd"
    assert identity["source"]["task_hash"] == theirs["task_hashes"]["sums"]
    assert identity["scorer"]["function"] == "scorers.math_answer:grade"
    assert identity["strategy"] == {"name": "greedy", "parameters": {}}
    assert {line["level"] for line in run.lines("problems.jsonl")} == {1, 2, 3, 4, 5}
    assert value(run, "completion_tokens") is value(run, "truncated") is value(run, "total_tokens") is None


def test_report_shows_what_is_not_known_as_not_available(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sums = sums_task(tmp_path / "tasks")
    lm_eval_run(tmp_path / "lm", sums, "sums", boxed(lambda n: n % 3 > 0), limit=12)
    run = imported(tmp_path / "lm", tmp_path / "runs")
    capsys.readouterr()
    for form in ("md", "csv", "json", "html"):
        assert main(["report", str(run.folder), "--format", form]) == 0
    assert main(["report", str(run.folder)]) == 0
    table = capsys.readouterr().out
    (whole,) = [line for line in table.splitlines() if line.startswith("| all")][-1:]
    assert [cell.strip() for cell in whole.split("|")[1:-1]][-3:] == ["n/a", "n/a", "0"]
    assert "stored no token counts" in table
    assert "0 completion tokens" not in table
    assert main(["report", str(run.folder), "--tokens"]) == 0
    assert capsys.readouterr().out.endswith("\n\nthe harness that made the run stored no token counts\n")
    assert main(["show", str(run.folder), "sums/0"]) == 0
    assert "unknown tokens" in capsys.readouterr().out
    assert main(["report", str(run.folder), "--search"]) == 0
    assert main(["report", str(run.folder), "--anytime"]) == 2
    assert "without token counts" in capsys.readouterr().err


def test_two_imported_runs_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sums = sums_task(tmp_path / "tasks")
    for name, right in (("base", lambda n: n % 10 > 0), ("worse", lambda n: n % 10 > 5)):
        lm_eval_run(tmp_path / name, sums, "sums", boxed(right), limit=40)
        imported(tmp_path / name, tmp_path / f"{name}-runs")
    assert main(["compare", str(tmp_path / "base-runs"), str(tmp_path / "worse-runs")]) == 10
    assert "regression" in capsys.readouterr().out
    equal = ["compare", str(tmp_path / "base-runs"), str(tmp_path / "worse-runs"), "--at-equal", "generated"]
    assert main(equal) == 4
    (folder,) = (tmp_path / "base-runs").iterdir()
    assert main(["baseline", str(folder), "-o", str(tmp_path / "b.jsonl")]) == 2
    assert "without token counts" in capsys.readouterr().err


def test_the_leaderboard_takes_an_imported_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lm_eval_run(tmp_path / "lm", sums_task(tmp_path / "tasks"), "sums", boxed(lambda n: n % 3 > 0), limit=12)
    run = imported(tmp_path / "lm", tmp_path / "runs")
    entries = ["--entries", str(tmp_path / "entries")]
    assert main(["leaderboard", "add", str(run.folder), *entries]) == 0
    capsys.readouterr()
    assert main(["leaderboard", "check", *entries]) == 0
    assert "0 errors" in capsys.readouterr().out
    assert main(["leaderboard", "build", *entries, "-o", str(tmp_path / "site")]) == 0
    assert "imported from lm-eval" in next((tmp_path / "site").rglob("*sums*.html")).read_text()


def test_several_repeats_are_several_responses(tmp_path: Path) -> None:
    tasks = foreign(tmp_path / "tasks", "gsm8k_like", work="First. #### ", repeats=4)
    lm_eval_run(tmp_path / "lm", tasks, "gsm8k_like", boxed(lambda n: n % 2 > 0))
    run = imported(tmp_path / "lm", tmp_path / "runs")
    assert run.manifest["identity"]["strategy"] == {"name": "sample", "parameters": {"n": 4}}
    assert run.manifest["identity"]["sampling"]["temperature"] == 0.7
    assert [line["gold"] for line in run.lines("problems.jsonl")] == ["0", "2", "4", "6", "8", "10"]
    assert value(run, "pass@k", 1) == 0.5
    assert value(run, "pass@k", 4) == 1.0
    assert [r["index"] for r in run.lines("responses.jsonl")][:5] == [0, 1, 2, 3, 0]


def test_an_unknown_task_keeps_lm_evals_verdicts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tasks = foreign(tmp_path / "tasks", "trivia")
    results, _ = lm_eval_run(tmp_path / "lm", tasks, "trivia", lambda prompt, _: str(sum_of(prompt) % 8))
    run = imported(tmp_path / "lm", tmp_path / "runs")
    theirs = json.loads(results.read_text())["results"]["trivia"]["exact_match,none"]
    assert 0 < theirs < 1
    assert value(run, "accuracy") == pytest.approx(theirs)
    assert "graded by lm-eval (exact_match, filter none)" in capsys.readouterr().out
    assert any("not this harness's" in text for text in run.manifest["warnings"])
    assert main(["report", str(run.folder)]) == 0
    assert "verdicts are lm-eval" in capsys.readouterr().out


def test_verdicts_on_several_responses_together_stay_together(tmp_path: Path) -> None:
    tasks = foreign(tmp_path / "tasks", "trivia", repeats=2)
    results, _ = lm_eval_run(tmp_path / "lm", tasks, "trivia", lambda prompt, _: str(sum_of(prompt) % 8))
    run = imported(tmp_path / "lm", tmp_path / "runs")
    theirs = json.loads(results.read_text())["results"]["trivia"]["exact_match,none"]
    assert value(run, "accuracy") == pytest.approx(theirs)
    assert value(run, "pass@k", 1) is None
    assert all(r["correct"] is None for r in run.lines("responses.jsonl"))


def test_keep_verdicts_leaves_a_known_task_alone(tmp_path: Path) -> None:
    tasks = foreign(tmp_path / "tasks", "gsm8k_like")
    lm_eval_run(tmp_path / "lm", tasks, "gsm8k_like", boxed(lambda n: True))
    anew = imported(tmp_path / "lm", tmp_path / "anew")
    kept = imported(tmp_path / "lm", tmp_path / "kept", "--keep-verdicts")
    assert value(anew, "accuracy") == 1.0
    assert value(kept, "accuracy") == 0.0  # lm-eval's exact_match of a whole sentence


def test_importing_again_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tasks = foreign(tmp_path / "tasks", "gsm8k_like")
    lm_eval_run(tmp_path / "lm", tasks, "gsm8k_like", boxed(lambda n: n % 3 > 0))
    run = imported(tmp_path / "lm", tmp_path / "runs")
    names = ("responses.jsonl", "problems.jsonl", "documents.jsonl", "results.json")
    before = [(run.folder / name).read_bytes() for name in names]
    imported(tmp_path / "lm", tmp_path / "runs")
    assert "was there already" in capsys.readouterr().out
    assert [(run.folder / name).read_bytes() for name in names] == before


def test_an_imported_run_is_exported_with_its_questions(tmp_path: Path) -> None:
    tasks = foreign(tmp_path / "tasks", "gsm8k_like", work="First. #### ")
    _, own = lm_eval_run(tmp_path / "lm", tasks, "gsm8k_like", boxed(lambda n: n % 3 > 0))
    run = imported(tmp_path / "lm", tmp_path / "runs")
    for form in ("lm-eval", "every-eval-ever", "inspect", "parquet"):
        assert main(["export", str(run.folder), "--format", form, "-o", str(tmp_path / form)]) == 0
    (samples,) = (tmp_path / "lm-eval").glob("*/samples_*.jsonl")
    for ours, theirs in zip(lines(samples), lines(own), strict=True):
        for name in ("doc_id", "doc", "doc_hash", "prompt_hash", "resps"):
            assert ours[name] == theirs[name], name


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder, results, samples: samples.unlink(), "--log_samples"),
        (lambda folder, results, samples: results.unlink(), "no results_*.json"),
        (lambda folder, results, samples: results.write_text("{}"), "no configs"),
        (lambda folder, results, samples: samples.write_text(samples.read_text()[:-40]), "Was the file cut?"),
    ],
)
def test_what_cannot_be_imported(
    change: Callable[[Path, Path, Path], Any], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tasks = foreign(tmp_path / "tasks", "gsm8k_like")
    results, samples = lm_eval_run(tmp_path / "lm", tasks, "gsm8k_like", boxed(lambda n: True))
    change(tmp_path, results, samples)
    assert main(["import", "lm-eval", str(tmp_path / "lm"), "--output-dir", str(tmp_path / "runs")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_a_filter_is_chosen_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tasks = foreign(tmp_path / "tasks", "trivia")
    path = tasks / "trivia.yaml"
    path.write_text(path.read_text() + FILTERS)
    lm_eval_run(tmp_path / "lm", tasks, "trivia", lambda prompt, _: f"It is {sum_of(prompt)}")
    assert value(imported(tmp_path / "lm", tmp_path / "first"), "accuracy") == 0.0
    last = imported(tmp_path / "lm", tmp_path / "last", "--filter", "last")
    assert value(last, "accuracy") == 1.0
    assert next(iter(last.lines("responses.jsonl")))["answer"] == "0"
    assert main(["import", "lm-eval", str(tmp_path / "lm"), "--filter", "x", "--output-dir", str(tmp_path)]) == 2
    assert "has no filter 'x'" in capsys.readouterr().err
