"""A run's calls asked again: what is the same is said to be the same, every change is found and counted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import main
from support import lines


def made(folder: Path, *options: str) -> Path:
    argv = ["eval", "game24", "--model", "toy/default", *options, "--limit", "20", "--output-dir", str(folder)]
    assert main(argv) == 0
    [run] = folder.iterdir()
    return run


def rewrite(path: Path, records: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records))


@pytest.mark.parametrize(
    "options", [["--strategy", "sample", "-S", "n=3"], ["--strategy", "beam", "--verifier", "toy/default"]]
)
def test_an_engine_that_says_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]) -> None:
    run = made(tmp_path, *options)
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    capsys.readouterr()
    assert main(["doctor", "--rerun", str(run), "--sample", "5", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["problems"], found["differing"], found["only_once"], found["verdicts_differing"]) == (5, 0, 0, 0)
    wanted = {problem["problem_id"] for problem in lines(run / "problems.jsonl")}
    assert found["calls"] >= 15
    assert len(wanted) == 20
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


def test_every_changed_answer_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = made(tmp_path, "--strategy", "sample", "-S", "n=4")
    records = lines(run / "calls.jsonl")
    for record in records[::5]:
        record["result"]["text"] += " and more"
    rewrite(run / "calls.jsonl", records)
    problems = lines(run / "problems.jsonl")
    problems[3]["correct"] = not problems[3]["correct"]
    rewrite(run / "problems.jsonl", problems)
    capsys.readouterr()
    assert main(["doctor", "--rerun", str(run), "--sample", "20"]) == 0
    said = capsys.readouterr().out
    assert "20 problems asked again, 80 calls asked both times" in said
    assert "calls that differ     16 (20.0 % [" in said
    assert "verdicts that differ  1 of 20 problems" in said
    assert "then ' and more', now ''" in said


def test_what_cannot_be_asked_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = made(tmp_path, "--strategy", "greedy")
    manifest = json.loads((run / "manifest.json").read_text())
    (run / "manifest.json").write_text(json.dumps({**manifest, "command": ["harness", "gate"]}))
    assert main(["doctor", "--rerun", str(run)]) == 2
    assert "was not made by `harness eval`" in capsys.readouterr().err
    changed = {**manifest, "identity": {**manifest["identity"], "prompts": "other"}}
    (run / "manifest.json").write_text(json.dumps(changed))
    assert main(["doctor", "--rerun", str(run)]) == 4
    assert "would be asked otherwise today: it differs in prompts" in capsys.readouterr().err
