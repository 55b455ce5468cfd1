"""The command line as a user types it: both dialects, every mistake with its one message and code, clean output."""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from harness import registry
from harness.cli import main, normalise
from harness.commands import doctor
from harness.files import FolderLock
from support import lines

TOY = ["--model", "toy/default"]


def harness(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
    """(exit code, standard output, standard error) of one command."""
    capsys.readouterr()
    code = main(argv)
    out, err = capsys.readouterr()
    return code, out, err


def evaluate(capsys: pytest.CaptureFixture[str], out: Path, *options: str) -> tuple[int, str, str]:
    return harness(capsys, "eval", "game24", *TOY, "--limit", "6", "--output-dir", str(out), *options)


def only(folder: Path) -> Path:
    [found] = [path for path in folder.iterdir() if (path / "manifest.json").exists()]
    return found


def test_help_is_quick() -> None:
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-m", "harness.cli", "--help"], capture_output=True, text=True, check=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)  # its computing: others may keep the machine busy
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert "eval" in done.stdout
    assert 0 < min(times) < 0.3


def test_a_run_prints_its_table_by_level_and_its_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = evaluate(capsys, tmp_path, "--strategy", "greedy,sample", "-S", "n=3")
    assert code == 0
    assert out.count("| level") == 4  # of each run its accuracies, and its tokens in short
    for folder in tmp_path.iterdir():
        assert str(folder) in out
    assert "game24 sample: 6/6" in err
    assert "\x1b" not in err  # nobody watches: plain lines


def test_json_is_alone_on_standard_output(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "harness.cli", "eval", "game24", *TOY, "--limit", "4", "--json"]
    done = subprocess.run([*command, "--output-dir", str(tmp_path)], capture_output=True, text=True, check=True)
    [run] = json.loads(done.stdout)
    assert run["state"] == "complete"
    assert run["results"]["schema"] == "harness.results/1"


def test_lm_evals_dialect_is_the_same_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    ours = [
        "eval", "game24", "--model", "toy/default", "-M", "step_accuracy=0.7", "--strategy", "sample", "-S", "n=2",
        "--limit", "6", "--temperature", "0.6", "--max-tokens", "300", "--output-dir", str(tmp_path),
    ]  # fmt: skip
    theirs = [
        "eval", "--tasks", "game24", "--model", "toy", "--model_args", "pretrained=default,step_accuracy=0.7",
        "--strategy", "sample", "-S", "n=2", "--limit", "6.0", "--gen_kwargs", "temperature=0.6,max_gen_toks=300",
        "--output_path", str(tmp_path), "--log_samples", "--apply_chat_template",
    ]  # fmt: skip
    assert harness(capsys, *ours)[0] == 0
    assert harness(capsys, *theirs)[0] == 0
    assert len(list(tmp_path.iterdir())) == 1


def test_normalise_touches_names_only() -> None:
    given = ["--output_path=a_b", "-S", "max_steps=3", "--log_samples", "x_y", "--", "--a_b"]
    assert normalise(given) == ["--output-path=a_b", "-S", "max_steps=3", "--log-samples", "x_y", "--", "--a_b"]


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        (["eval", "math50", *TOY], 2, r"'math50' is not known. Did you mean 'math500'\?"),
        (["eval", "game24", "--model", "vlm/x"], 2, r"Backend 'vlm' is not known. Did you mean 'vllm'\?"),
        (["eval", "game24", "--model", "toy"], 2, "lacks the model's name"),
        (["eval", "game24"], 2, "--model is missing"),
        (["eval", *TOY], 2, "No task is named"),
        (["eval", "game24", *TOY, "--strategy", "sampel"], 2, r"Did you mean 'sample'\?"),
        (["eval", "game24", *TOY, "--stratgy", "sample"], 2, r"does not know --stratgy. Did you mean --strategy\?"),
        (["eval", "game24", *TOY, "--strategy", "sample", "-S", "m=3"], 2, "'m' is not known"),
        (["eval", "game24", *TOY, "--strategy", "sample", "-S", "n=-1"], 2, "-S n must be at least 1, not -1"),
        (["eval", "game24", *TOY, "--strategy", "sample", "-S", "n=0"], 2, "at least 1"),
        (["eval", "game24", *TOY, "-M", "step_acuracy=1"], 2, "Did you mean 'step_accuracy'"),
        (["eval", "game24", *TOY, "--limit", "0"], 5, "--limit 0"),
        (["eval", "game24", *TOY, "--limit", "-1"], 2, "negative"),
        (["eval", "game24", *TOY, "--limit", "ten"], 2, "'ten' is not a number"),
        (["eval", "game24", *TOY, "--level", "9"], 5, "No problem has level 9"),
        (["eval", "game24", *TOY, "--level", "3-"], 2, "level"),
        (["eval", "game24", *TOY, "--temperature", "-1"], 2, "must not be negative"),
        (["eval", "game24", *TOY, "--top-p", "0"], 2, r"--top-p lies in \(0, 1\]"),
        (["eval", "game24", *TOY, "--max-tokens", "0"], 2, "--max-tokens: 0 is too small"),
        (["eval", "game24", *TOY, "--concurrency", "-2"], 2, "--concurrency: -2 is negative"),
        (["eval", "game24", *TOY, "--k", "0"], 2, "--k takes numbers from 1 on"),
        (["eval", "game24", *TOY, "--k", "a"], 2, "--k takes whole numbers"),
        (["eval", "game24", *TOY, "--gen_kwargs", "temprature=1"], 2, "does not know 'temprature'"),
        (["eval", "game24", *TOY, "--config", "/nowhere.yaml"], 2, "cannot be read"),
        (["eval", "game24", "--model", "lm_eval/dumy"], 2, "Did you mean 'dummy'"),
        (["report", "nowhere"], 2, "There is no run at nowhere"),
        (["score", "nowhere"], 2, "There is no run at nowhere"),
        (["show", "nowhere", "x"], 2, "There is no run at nowhere"),
        (["list", "strategy"], 2, r"Did you mean 'strategies'\?"),
        (["evl"], 2, r"Did you mean 'eval'\?"),
        ([], 2, ""),
    ],
)
def test_mistakes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, argv: list[str], code: int, message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    found, _, err = harness(capsys, *argv)
    assert found == code, err
    assert re.search(message, err), err
    assert "Traceback" not in err
    assert len(re.findall(r"[.?!](?=\s|$)", err)) <= 4
    assert not list(tmp_path.iterdir()), "a mistake leaves nothing behind"


def test_output_that_cannot_be_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, _, err = evaluate(capsys, tmp_path / "file" / "runs")
    assert code == 2
    assert "--output-dir names another place" in err


def test_a_full_disk_is_code_3_and_nothing_is_lost(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    real, left = os.write, iter(range(20))

    def full(descriptor: int, data: bytes) -> int:
        if data.startswith(b'{"key"') and next(left, None) is None:
            raise OSError(28, "No space left on device")
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", full)
    code, _, err = evaluate(capsys, tmp_path, "--strategy", "sample", "-S", "n=8")
    monkeypatch.undo()
    assert code == 3
    assert "No space left on device" in err
    kept = len(lines(only(tmp_path) / "calls.jsonl"))
    assert kept == 20
    code, _, _ = evaluate(capsys, tmp_path, "--strategy", "sample", "-S", "n=8")
    assert code == 0
    assert len(lines(only(tmp_path) / "calls.jsonl")) == 48


def test_a_second_writer_is_code_3(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert evaluate(capsys, tmp_path)[0] == 0
    lock = FolderLock(only(tmp_path))
    code, _, err = evaluate(capsys, tmp_path)
    lock.release()
    assert code == 3
    assert "Another process" in err


def test_unreadable_data(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "math500").mkdir()
    (tmp_path / "math500" / "math500.jsonl").write_text("{broken")
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    code, _, err = harness(capsys, "eval", "math500", *TOY, "--output-dir", str(tmp_path / "runs"))
    assert code == 2
    assert "sha256" in err


def test_a_task_file_that_lacks_a_field(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("task: mine\noutput_type: generate_until\ndoc_to_text: '{{q}}'\n")
    code, _, err = harness(capsys, "eval", "mine", "--include_path", str(tmp_path), *TOY)
    assert code == 2
    assert "mine.yaml" in err
    assert "dataset" in err


def test_config_file_under_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text("task: game24\nmodel: toy/default\nstrategy: sample\nS: {n: 5}\nlimit: 3\nlog_samples: true\n")
    out = tmp_path / "runs"
    assert harness(capsys, "eval", "--config", str(config), "-S", "n=2", "--output-dir", str(out))[0] == 0
    problems = lines(only(out) / "problems.jsonl")
    assert (len(problems), problems[0]["n"]) == (3, 2)
    toml = tmp_path / "c.toml"
    toml.write_text('task = ["game24"]\nmodel = "toy/default"\nstrtegy = "sample"\n')
    code, _, err = harness(capsys, "eval", "--config", str(toml))
    assert code == 2
    assert "--strtegy" in err


def test_dry_run_says_what_would_be_and_writes_nothing(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    options = ["--strategy", "sample", "-S", "n=3", "--dry-run"]
    code, out, _ = evaluate(capsys, tmp_path, *options)
    assert code == 0
    assert "calls              18" in out
    assert "problems           6" in out
    assert "its token ids" in out
    assert "    | [user]" in out
    assert not list(tmp_path.iterdir())
    evaluate(capsys, tmp_path, "--strategy", "sample", "-S", "n=1")
    _, out, _ = evaluate(capsys, tmp_path, *options, "--json")
    [found] = json.loads(out)
    assert found["calls"] == 18
    assert found["completion_tokens_expected"] > 0
    assert found["completion_tokens_low"] is None  # another strategy's calls say nothing of the spread
    _, out, _ = evaluate(capsys, tmp_path, *options, "--probe", "3", "--json")
    [found] = json.loads(out)
    assert found["basis"] == "3 problems that were asked the same"
    assert 0 < found["completion_tokens_low"] < found["completion_tokens_expected"] < found["completion_tokens_high"]
    assert evaluate(capsys, tmp_path, "--probe", "3")[0] == 2


def test_k_beyond_n_is_not_available(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = evaluate(capsys, tmp_path, "--strategy", "sample", "-S", "n=2", "--k", "1,2,8")
    assert code == 0
    assert "pass@8" in out
    assert "n/a" in out


def test_report_formats(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    evaluate(capsys, tmp_path, "--strategy", "sample", "-S", "n=2")
    folder = str(only(tmp_path))
    assert "| level" in harness(capsys, "report", folder)[1]
    assert json.loads(harness(capsys, "report", folder, "--format", "json")[1])
    assert harness(capsys, "report", folder, "--format", "csv")[1].startswith("run,task,model,strategy,metric,k,")
    assert harness(capsys, "report", folder, "--by", "subject", "--format", "html")[1].startswith("<!doctype html>")


def test_report_of_chosen_metrics_with_clusters(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    evaluate(capsys, tmp_path, "--strategy", "sample", "-S", "n=3")
    folder = str(only(tmp_path))
    code, out, _ = harness(capsys, "report", folder, "--metric", "pass@2,completion_tokens", "--cluster", "level")
    assert code == 0
    assert re.search(r"\| level +\| +problems \| +pass@2 \| +completion_tokens \|", out)
    assert "dependent within one level" in out
    rows = json.loads(harness(capsys, "report", folder, "--metric", "maj@k", "--format", "json")[1])
    assert {row["metric"] for row in rows} == {"maj@k"}
    for options, said in (
        (["--metric", "pas@k"], "Did you mean 'pass@k'?"),
        (["--metric", ","], "--metric names no metric"),
        (["--cluster", "contst"], "Cluster 'contst' is not known"),
        (["--cluster", "level", "--cost"], "--cluster has no effect on --cost"),
    ):
        code, _, err = harness(capsys, "report", folder, *options)
        assert (code, said in err) == (2, True), err


def test_report_of_a_run_without_results(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    evaluate(capsys, tmp_path)
    (only(tmp_path) / "results.json").unlink()
    code, _, err = harness(capsys, "report", str(only(tmp_path)))
    assert code == 2
    assert "results.json" in err


def test_show(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    evaluate(capsys, tmp_path, "--strategy", "sample", "-S", "n=2")
    folder = only(tmp_path)
    first = lines(folder / "responses.jsonl")[0]
    code, out, _ = harness(capsys, "show", str(folder), first["problem_id"])
    assert code == 0
    assert first["text"].splitlines()[0] in out
    assert "response 1" in out
    code, _, err = harness(capsys, "show", str(folder), first["problem_id"] + "9")
    assert code == 2
    assert f"Did you mean '{first['problem_id']}'?" in err


def test_show_makes_control_characters_visible(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    evaluate(capsys, tmp_path)
    path = only(tmp_path) / "responses.jsonl"
    records = lines(path)
    records[0]["text"] = "\x1b[2Jgone\u202e"
    path.write_text("".join(json.dumps(r) + "\n" for r in records))
    _, out, _ = harness(capsys, "show", str(only(tmp_path)), records[0]["problem_id"])
    assert "\x1b" not in out
    assert "\\x1b[2Jgone\\u202e" in out


def test_score_grades_again_and_says_what_changed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    evaluate(capsys, tmp_path, "--strategy", "sample", "-S", "n=2")
    folder = only(tmp_path)
    before = {name: (folder / name).read_bytes() for name in ("responses.jsonl", "problems.jsonl", "results.json")}
    code, out, _ = harness(capsys, "score", str(folder))
    assert code == 0
    assert out.startswith("0 verdicts changed")
    assert {name: (folder / name).read_bytes() for name in before} == before
    records = lines(folder / "responses.jsonl")
    records[0]["correct"] = not records[0]["correct"]
    (folder / "responses.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))
    _, out, _ = harness(capsys, "score", str(folder), "--json")
    found = json.loads(out)
    assert [(c["problem_id"], c["index"]) for c in found["changed"]] == [(records[0]["problem_id"], 0)]
    after = {name: (folder / name).read_bytes() for name in before}
    assert lines(folder / "problems.jsonl") == [json.loads(x) for x in before["problems.jsonl"].splitlines()]
    assert after["results.json"] == before["results.json"]


def test_lists(capsys: pytest.CaptureFixture[str]) -> None:
    for what, name in (
        ("tasks", "omni_math_rule"),
        ("strategies", "greedy"),
        ("backends", "vllm"),
        ("models", "smollm2"),
    ):
        code, out, _ = harness(capsys, "list", what)
        assert code == 0
        assert name in out
        rows = json.loads(harness(capsys, "list", what, "--json")[1])
        assert name in [row["name"] for row in rows]
    assert "n: int = 4" in harness(capsys, "list", "strategies")[1]


def test_doctor(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, _ = harness(capsys, "doctor", *TOY, "--output-dir", str(tmp_path))
    assert code == 0, out
    assert re.search(r"ok +grader", out)
    assert re.search(r"ok +game24 +1362 problems", out)
    assert re.search(r"ok +token ids", out)
    for name in registry.names("verifier"):
        assert re.search(rf"^(ok|warning) +{name} ", out, re.MULTILINE)


def asked(verifier: str, model: str | None = "toy/default") -> list[tuple[str, str, str]]:
    given = argparse.Namespace(model=model, M=None, verifier=verifier, V=None, task="game24")
    return list(doctor._asked(given))


def test_doctor_asks_a_verifier() -> None:
    [(_, _, what), (state, _, said)] = asked("toy/default", None)
    assert what.startswith("toy/default: {'verifier': 'toy'")
    assert (state, said) == ("ok", "a right solution 1 (steps [1.0, 1.0]), a wrong one 1 (steps [1.0, 1.0])")
    assert asked("judge")[1][2] == "a right solution 0.5 (steps []), a wrong one 0.5 (steps [])"
    state, _, said = asked("exact", None)[1]
    assert state == "failure"
    assert "decides the Game of 24" in said


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert harness(capsys, "--version")[1].strip() == "0.1.0"
