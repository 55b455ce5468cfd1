"""The gate end to end: verdicts and exit codes, what is asked, what is refused, and that a stopped run goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from harness.cli import main
from harness.run import Run
from support import calls, lines, sums_task

ASKED = ["sums", "--strategy", "sample", "-S", "n=4"]


def harness(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(argv)
    return code, *capsys.readouterr()


def found(base: Path) -> list[str]:
    """Where the task is, which lies beside the baseline."""
    return ["--include-path", str(base.parent)]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A baseline of 160 problems, four responses each."""
    folder = sums_task(tmp_path_factory.mktemp("base"))
    out = folder / "runs"
    assert main(["eval", *ASKED, *found(folder / "b.jsonl"), "--model", "toy/base", "--output-dir", str(out)]) == 0
    [made] = out.iterdir()
    assert main(["baseline", str(made), "-o", str(folder / "b.jsonl")]) == 0
    return folder / "b.jsonl"


def gate(
    capsys: pytest.CaptureFixture[str], base: Path, out: Path, accuracy: float, *more: str
) -> tuple[int, Any, str]:
    """(exit code, the one result or the text, standard error)."""
    argv = ["gate", "--baseline", str(base), "--model", "toy/new", "-M", f"step_accuracy={accuracy}"]
    code, out_text, err = harness(capsys, *argv, *found(base), "--output-dir", str(out), *(more or ("--json",)))
    return code, json.loads(out_text)[0] if not more and out_text else out_text, err


def test_a_damaged_checkpoint_is_caught_early(capsys: pytest.CaptureFixture[str], base: Path, tmp_path: Path) -> None:
    code, result, _ = gate(capsys, base, tmp_path, 0.7)
    assert (code, result["verdict"], result["metric"]) == (10, "regression", "pass@1")
    assert result["high"] < 0
    assert result["problems"]["asked"] == 32 * result["blocks"]["asked"] < 160
    [folder] = tmp_path.iterdir()
    opened = Run.open(folder)
    assert opened.manifest["state"] == "stopped"
    problems = lines(folder / "problems.jsonl")
    assert len(problems) == result["problems"]["asked"]
    assert len(calls(folder)) == 4 * len(problems)
    assert opened.results()["problems"] == {"selected": 160, "finished": len(problems), "errors": 0, "unjudged": 0}
    levels = [problem["level"] for problem in problems]
    every = [record["level"] for record in lines(base) if "problem_id" in record]
    for level in set(every):
        assert abs(levels.count(level) / len(levels) - every.count(level) / len(every)) < 0.05, "blocks are stratified"


def test_what_is_saved_is_counted_by_the_baseline(
    capsys: pytest.CaptureFixture[str], base: Path, tmp_path: Path
) -> None:
    _, result, _ = gate(capsys, base, tmp_path, 0.7)
    [folder] = tmp_path.iterdir()
    done = {
        problem["problem_id"]: problem["usage"]["completion_tokens"] for problem in lines(folder / "problems.jsonl")
    }
    tokens = {r["problem_id"]: r["completion_tokens"] for r in lines(base) if "problem_id" in r}
    spent = sum(tokens[name] for name in done)
    saved = result["saved"]
    assert saved["problems"] == 1 - len(done) / 160
    assert saved["tokens"] == pytest.approx(1 - spent / sum(tokens.values()))
    assert saved["tokens_estimated"] == round((sum(tokens.values()) - spent) * sum(done.values()) / spent)


def test_the_same_checkpoint_passes(capsys: pytest.CaptureFixture[str], base: Path, tmp_path: Path) -> None:
    code, result, _ = gate(capsys, base, tmp_path, 0.9, "--margin", "8", "--json")
    [result] = json.loads(result)
    assert (code, result["verdict"], result["difference"], result["improvement"]) == (0, "non-inferior", 0.0, False)
    assert result["low"] > -0.08
    assert result["looks"][-1] == {
        "problems": result["problems"]["paired"], "share": result["blocks"]["asked"] / 5, "level": result["level"],
        **{name: result[name] for name in ("difference", "low", "high")},
    }  # fmt: skip


def test_undecided_passes_unless_strict(capsys: pytest.CaptureFixture[str], base: Path, tmp_path: Path) -> None:
    code, result, _ = gate(capsys, base, tmp_path, 0.895)
    assert (code, result["verdict"]) == (0, "inconclusive")
    assert result["blocks"] == {"asked": 5, "planned": 5}
    assert result["saved"] == {"problems": 0.0, "tokens": 0.0, "tokens_estimated": 0}
    assert result["detectable"] > 0.02
    [folder] = tmp_path.iterdir()
    assert Run.open(folder).manifest["state"] == "complete"
    code, text, _ = gate(capsys, base, tmp_path, 0.895, "--strict")
    assert code == 11
    assert "Undecided" in text
    assert "with 80 % power" in text


def test_a_stopped_run_is_reported_goes_on_and_ends_as_if_it_had_never_stopped(
    capsys: pytest.CaptureFixture[str], base: Path, tmp_path: Path
) -> None:
    _, result, _ = gate(capsys, base, tmp_path / "gated", 0.7)
    [stopped] = (tmp_path / "gated").iterdir()
    asked = result["problems"]["asked"]
    code, text, _ = harness(capsys, "report", str(stopped))
    assert code == 0
    assert f"{asked} of 160 problems finished" in text
    assert "stopped" in text
    more = [*ASKED, *found(base), "--model", "toy/new", "-M", "step_accuracy=0.7"]
    code, _, err = harness(capsys, "eval", *more, "--output-dir", str(tmp_path / "gated"))
    assert code == 0
    assert f"{asked} of 160 problems were finished before" in err
    assert harness(capsys, "eval", *more, "--output-dir", str(tmp_path / "whole"))[0] == 0
    [whole] = (tmp_path / "whole").iterdir()
    assert whole.name == stopped.name
    for name in ("responses.jsonl", "problems.jsonl", "results.json"):
        assert (whole / name).read_bytes() == (stopped / name).read_bytes()
    _, again, _ = gate(capsys, base, tmp_path / "gated", 0.7)
    assert {**again, "saved": 0} == {**result, "saved": 0}, "a whole run is looked at in the same blocks"
    assert again["saved"]["problems"] == 0
    assert Run.open(stopped).manifest["state"] == "complete"


def test_a_larger_evaluation_finds_the_gates_calls(
    capsys: pytest.CaptureFixture[str], base: Path, tmp_path: Path
) -> None:
    _, result, _ = gate(capsys, base, tmp_path, 0.7)
    options = [*ASKED[:-1], "n=6", *found(base), "--model", "toy/new", "-M", "step_accuracy=0.7", "--json"]
    _, text, _ = harness(capsys, "eval", *options, "--output-dir", str(tmp_path))
    usage = json.loads(text)[0]["results"]["usage"]
    assert usage["asked"]["calls"] - usage["generated"]["calls"] == 4 * result["problems"]["asked"]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (["--max-tokens", "64"], "sampling.max_tokens"),
        (["--temperature", "0.3"], "sampling.temperature"),
        (["-S", "n=8"], "strategy.parameters.n"),
        (["--strategy", "greedy"], "strategy.name"),
        (["--limit", "20"], "problems"),
        (["--no-chat-template"], "prompts"),
        (["gsm_like"], "task"),
    ],
)
def test_what_was_not_asked_the_same_is_refused(
    capsys: pytest.CaptureFixture[str], base: Path, tmp_path: Path, options: list[str], field: str
) -> None:
    if options == ["gsm_like"]:
        (tmp_path / "data.jsonl").write_text('{"question": "1 + 1?", "answer": "2"}\n')
        (tmp_path / "gsm_like.yaml").write_text(
            f"task: gsm_like\ndataset_path: json\ndataset_kwargs: {{data_files: {tmp_path}/data.jsonl}}\n"
            "test_split: train\noutput_type: generate_until\ndoc_to_text: '{{question}}'\ndoc_to_target: '{{answer}}'\n"
        )
        options = [*options, "--include-path", str(tmp_path)]
    code, _, err = gate(capsys, base, tmp_path / "runs", 0.9, *options)
    assert code == 4, err
    assert field in err
    assert not (tmp_path / "runs").exists(), "nothing is generated for a comparison that cannot be"


def test_another_seed_may_be_compared(capsys: pytest.CaptureFixture[str], base: Path, tmp_path: Path) -> None:
    code, text, _ = gate(capsys, base, tmp_path, 0.9, "--seed", "5", "--margin", "20", "--json")
    assert code == 0
    [result] = json.loads(text)
    assert result["problems"]["worse"] > 0 < result["problems"]["better"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--metric", "acuracy"], "Metric 'acuracy' is not known"),
        (["--metric", "maj@64"], "holds no maj@64"),
        (["--margin", "-1"], "not from 0 to 100"),
        (["--alpha", "0.7"], "not between 0 and 0.5"),
        (["--blocks", "0"], "not a whole number from 1 to 100"),
        (["-o", "verdict.txt"], "ends in none of"),
        (["--baseline", "nowhere.jsonl"], "cannot be read"),
    ],
)
def test_mistakes(
    capsys: pytest.CaptureFixture[str], base: Path, tmp_path: Path, options: list[str], message: str
) -> None:
    code, _, err = gate(capsys, base, tmp_path / "runs", 0.9, *options)
    assert code == 2
    assert message in err
    assert not (tmp_path / "runs").exists()


def test_failing_problems_give_no_verdict(
    capsys: pytest.CaptureFixture[str], base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.backends.toy import Toy
    from harness.core import BackendError, Completion, Request

    whole = Toy.generate

    async def fails(self: Toy, request: Request) -> Completion:
        if request.prompt.problem_id == failing:
            raise BackendError("the engine broke", retryable=False)
        return await whole(self, request)

    failing = next(r["problem_id"] for r in lines(base) if "problem_id" in r)
    monkeypatch.setattr(Toy, "generate", fails)
    code, _, err = gate(capsys, base, tmp_path, 0.895)
    assert code == 3
    assert "the engine broke" in err
    code, text, _ = gate(capsys, base, tmp_path, 0.895, "--max-errors", "1", "--json")
    [result] = json.loads(text)
    assert (code, result["problems"]["paired"], result["problems"]["asked"]) == (0, 159, 160)
    assert result["warnings"] == ["Failed and left no pair: 1 of 160 problems."]
    monkeypatch.undo()
    code, result, _ = gate(capsys, base, tmp_path, 0.895)
    assert (code, result["problems"]["paired"]) == (0, 160)


def test_a_candidate_that_is_cut_is_warned_of(
    capsys: pytest.CaptureFixture[str], base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from harness.backends.toy import Toy
    from harness.core import Completion, Request

    whole = Toy.generate

    async def wordy(self: Toy, request: Request) -> Completion:
        return replace(await whole(self, request), text="Well,", finish_reason="length")

    monkeypatch.setattr(Toy, "generate", wordy)
    code, text, _ = gate(capsys, base, tmp_path, 0.9, "--format", "github")
    assert code == 10
    assert "::warning title=" in text
    assert "100 %25 of the candidate's responses were cut at the token limit, 0 %25 of the baseline's." in text


def test_votes_can_be_gated(capsys: pytest.CaptureFixture[str], base: Path, tmp_path: Path) -> None:
    code, text, _ = gate(capsys, base, tmp_path, 0.6, "--metric", "maj@4", "--json")
    [result] = json.loads(text)
    assert (code, result["metric"]) == (10, "maj@4")


def test_verifier_and_budget_are_part_of_what_is_compared(
    capsys: pytest.CaptureFixture[str], base: Path, tmp_path: Path
) -> None:
    argv = [
        "eval",
        "sums",
        *found(base),
        "--model",
        "toy/base",
        "--strategy",
        "best_of_n",
        "-S",
        "n=2",
        "--limit",
        "60",
    ]
    argv += ["--verifier", "toy/default", "--budget", "4000", "--output-dir", str(tmp_path / "base"), "--json"]
    _, text, _ = harness(capsys, *argv)
    searched = base.parent / "searched.jsonl"
    assert main(["baseline", json.loads(text)[0]["run"], "-o", str(searched)]) == 0
    code, _, err = gate(capsys, searched, tmp_path / "runs", 0.5, "--json")
    assert (code, "needs a verifier" in err) == (2, True)
    code, _, err = gate(capsys, searched, tmp_path / "runs", 0.5, "--verifier", "toy/default", "-V", "noise=0.4")
    assert (code, "differ in verifier.noise" in err) == (4, True), err
    verified = ["--verifier", "toy/default", "--json"]
    code, _, err = gate(capsys, searched, tmp_path / "runs", 0.5, *verified, "--budget", "50")
    assert (code, "differ in budget" in err) == (4, True), err
    code, text, _ = gate(capsys, searched, tmp_path / "runs", 0.5, *verified)
    [result] = json.loads(text)
    assert (code, result["metric"], result["verdict"]) == (10, "accuracy", "regression")
    code, text, _ = gate(capsys, searched, tmp_path / "runs", 0.5, *verified, "--metric", "best@2")
    assert (code, json.loads(text)[0]["metric"]) == (10, "best@2")


def test_a_file_of_two_runs_is_two_verdicts_that_share_alpha(
    capsys: pytest.CaptureFixture[str], base: Path, tmp_path: Path
) -> None:
    argv = ["eval", "sums", *found(base), "--model", "toy/base", "--limit", "40"]
    _, text, _ = harness(capsys, *argv, "--output-dir", str(tmp_path / "base"), "--json")
    assert main(["baseline", json.loads(text)[0]["run"], "-o", str(tmp_path / "greedy.jsonl")]) == 0
    both = base.parent / "both.jsonl"
    both.write_text(base.read_text() + (tmp_path / "greedy.jsonl").read_text())
    code, text, _ = gate(capsys, both, tmp_path / "runs", 0.7, "--json", "--blocks", "2")
    sampled, greedy = json.loads(text)
    assert code == 10
    assert [r["metric"] for r in (sampled, greedy)] == ["pass@1", "accuracy"]
    assert [r["alpha"] for r in (sampled, greedy)] == [0.025, 0.025]
    assert greedy["problems"]["selected"] == 40


def test_every_form_of_output(
    capsys: pytest.CaptureFixture[str], base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [tmp_path / f"verdict.{suffix}" for suffix in ("md", "json", "xml")]
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    options = [part for file in files for part in ("-o", str(file))]
    code, text, _ = gate(capsys, base, tmp_path / "runs", 0.7, *options, "--format", "github")
    assert code == 10
    assert text.startswith("::error title=regression%3A sums · sample(n=4) · pass@1::The candidate is worse")
    markdown, data = files[0].read_text(), json.loads(files[1].read_text())
    assert (tmp_path / "summary").read_text() == markdown
    outputs = dict(line.split("=", 1) for line in (tmp_path / "output").read_text().splitlines())
    assert outputs["verdict"] == "regression"
    assert outputs["exit-code"] == "10"
    assert float(outputs["problems-saved"]) == pytest.approx(data[0]["saved"]["problems"], abs=1e-4)
    root = ElementTree.parse(files[2]).getroot()
    assert (root.tag, root.get("tests"), root.get("failures")) == ("testsuites", "1", "1")
    [case] = root.iter("testcase")
    assert case.find("failure") is not None
    assert {p.get("name"): p.get("value") for p in case.iter("property")}["verdict"] == "regression"
    for form, start in (("md", "### ❌ regression"), ("junit", "<?xml"), ("json", "[{")):
        again = gate(capsys, base, tmp_path / "runs", 0.7, "--format", form)[1]
        assert again.startswith(start)


def test_dry_run_generates_nothing(capsys: pytest.CaptureFixture[str], base: Path, tmp_path: Path) -> None:
    code, text, _ = gate(capsys, base, tmp_path / "runs", 0.7, "--dry-run")
    assert code == 0
    assert "problems           160" in text
    assert not (tmp_path / "runs").exists()


def test_options_may_come_from_a_file(capsys: pytest.CaptureFixture[str], base: Path, tmp_path: Path) -> None:
    config = tmp_path / "gate.yaml"
    config.write_text(f"baseline: {base}\nmodel: toy/new\nM: {{step_accuracy: 0.7}}\noutput_dir: {tmp_path}/runs\n")
    assert harness(capsys, "gate", *found(base), "--config", str(config), "--json")[0] == 10
    code, _, err = harness(capsys, "gate", "--model", "toy/new")
    assert code == 2
    assert "--baseline is missing" in err
