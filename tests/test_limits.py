"""Limits of a command: where they stop it, what they count, and that the same command goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.cli import main
from harness.core import Usage
from harness.limits import LimitError, Limits, Prices
from support import calls, lines, sums_task


def command(folder: Path, *more: str) -> list[str]:
    task = ["--include-path", str(sums_task(folder / "tasks"))]
    model = ["--model", "toy/default", "--strategy", "sample", "-S", "n=4", "--limit", "40"]
    return ["eval", "sums", *task, *model, "--output-dir", str(folder / "runs"), *more]


def spent(folder: Path) -> int:
    """Tokens of all engine calls in a run's log."""
    own = [record["result"] for record in calls(folder).values() if "from" not in record]
    return sum(result["prompt_tokens"] + result["completion_tokens"] for result in own)


def test_tokens_stop_the_run_with_code_12_and_it_goes_on_to_the_same_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    limit = 3000
    assert main(command(tmp_path, "--max-total-tokens", str(limit))) == 12
    assert "--max-total-tokens 3000 is reached" in capsys.readouterr().err
    [folder] = (tmp_path / "runs").iterdir()
    assert json.loads((folder / "manifest.json").read_text())["state"] == "stopped"
    first = spent(folder)
    assert limit <= first < limit + 64 * 200  # no more than what was in flight
    assert 0 < len(lines(folder / "problems.jsonl")) < 40

    assert main(command(tmp_path, "--max-total-tokens", str(limit))) == 12
    assert spent(folder) == first  # what the first attempt spent counts
    assert main(command(tmp_path)) == 0
    assert main(command(tmp_path / "whole")) == 0
    [whole] = (tmp_path / "whole" / "runs").iterdir()
    for name in ("problems.jsonl", "responses.jsonl", "results.json"):
        assert (folder / name).read_bytes() == (whole / name).read_bytes()


def test_the_limit_is_the_commands_and_not_each_runs(tmp_path: Path) -> None:
    argv = command(tmp_path, "--max-total-tokens", "3000")
    argv[argv.index("sample")] = "sample,greedy"
    assert main(argv) == 12
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_money_and_hours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text('["toy/default"]\nprompt = 1.0\ncompletion = 2.0\n')
    assert main(command(tmp_path, "--max-cost", "0.001", "--prices", str(prices))) == 12
    assert "--max-cost 0.001 is reached (0.00" in capsys.readouterr().err
    [folder] = (tmp_path / "runs").iterdir()
    own = [record["result"] for record in calls(folder).values()]
    money = sum(result["prompt_tokens"] + 2 * result["completion_tokens"] for result in own) / 1e6
    assert 0.001 <= money < 0.004
    assert main(command(tmp_path, "--max-hours", "1e-9")) == 12
    assert "--max-hours 1e-09 is reached" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--max-cost", "1"], "--max-cost needs prices"),
        (["--max-total-tokens", "0"], "0 is not positive"),
        (["--max-hours", "soon"], "'soon' is not a number"),
    ],
)
def test_what_cannot_be(tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str) -> None:
    assert main(command(tmp_path, *options)) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("hf/other: {prompt: 1}", "The model 'toy/default' is not known"),
        ("toy/default: {prompts: 1}", "'prompts' is no price"),
        ("toy/default: {prompt: -1}", "prompt is a number from 0 on"),
        ("[1]", "must hold prices by model"),
    ],
)
def test_a_price_table_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str], table: str, said: str) -> None:
    (tmp_path / "p.yaml").write_text(table)
    assert main(command(tmp_path, "--max-cost", "1", "--prices", str(tmp_path / "p.yaml"))) == 2
    assert said in capsys.readouterr().err


def test_prices() -> None:
    usage = Usage(
        prompt_tokens=1000,
        cached_prompt_tokens=400,
        completion_tokens=500,
        verifier_tokens=300,
        verifier_completion_tokens=100,
    )
    plain = Prices(prompt=1, completion=10)
    assert plain.of(usage) * 1e6 == pytest.approx(1000 + 5000 + 200 + 1000)
    fine = Prices(prompt=1, completion=10, cached_prompt=0.1, verifier_prompt=2, verifier_completion=0)
    assert fine.of(usage) * 1e6 == pytest.approx(600 + 40 + 5000 + 400)
    limits = Limits(max_cost=0.005, prices=plain)
    limits.check()
    limits.spend(usage)
    with pytest.raises(LimitError) as caught:
        limits.check()
    assert caught.value.code == 12
