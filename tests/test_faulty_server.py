"""A server that fails a third of its calls: the run completes, or ends with code 3 and says what is missing."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fault_server import FAULTS, FaultServer
from harness import calls as call_log
from harness.backends.openai import OpenAI
from harness.cli import main
from harness.evaluate import Finished, evaluate
from scorers.pool import GradingPool
from support import calls, lines, small_task, toy_plan


def one_run(server: FaultServer, out: Path, pool: GradingPool, **options: Any) -> Finished:
    """`sample` with n=4 over 8 problems."""

    async def everything() -> Finished:
        backend = OpenAI("fake", base_url=server.base_url, timeout=0.5, **options)
        plan = replace(toy_plan(small_task(8)), backend=backend, model="openai/fake")
        try:
            return await evaluate(plan, out, pool)
        finally:
            await backend.close()

    return asyncio.run(everything())


def retrying(monkeypatch: pytest.MonkeyPatch, attempts: int) -> None:
    """So many attempts, without the long waits."""
    quick = call_log.Retries(attempts, first_wait=0.001, longest_wait=0.01)
    monkeypatch.setattr(call_log, "Retries", lambda: quick)


def test_a_third_of_the_calls_fails_and_the_run_is_the_same(
    tmp_path: Path, pool: GradingPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    retrying(monkeypatch, 12)
    share = 1 / 3 / len(FAULTS)
    with FaultServer(faults=dict.fromkeys(FAULTS, share), seed=1) as server:
        finished = one_run(server, tmp_path / "faulty", pool)
        assert sum(server.faults.values()) > 5
        logged = calls(finished.folder)
        assert finished.state == "complete"
        assert len(logged) == 32
        answered = server.usage
    with FaultServer() as sound:
        whole = one_run(sound, tmp_path / "sound", pool)
        assert sound.answered == 32
    assert {k: v["result"] for k, v in logged.items()} == {k: v["result"] for k, v in calls(whole.folder).items()}
    for name in ("responses.jsonl", "problems.jsonl", "results.json"):
        assert (finished.folder / name).read_bytes() == (whole.folder / name).read_bytes()
    assert finished.results is not None
    assert finished.results["usage"]["asked"]["completion_tokens"] <= answered["completion_tokens"]


def test_the_command_ends_with_code_3_and_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    retrying(monkeypatch, 2)

    def command(server: FaultServer) -> list[str]:
        options = ["-M", f"base_url={server.base_url}", "--strategy", "sample", "-S", "n=2", "--limit", "10"]
        return ["eval", "game24", "--model", "openai/fake", *options, "--output-dir", str(tmp_path)]

    with FaultServer(faults={"500": 0.5}, seed=3) as server:
        assert main(command(server)) == 3
        err = capsys.readouterr().err
        assert "is incomplete:" in err
        assert "of 10 problems have no result" in err
        assert "The same command tries them again." in err
        first = server.answered
    [folder] = tmp_path.iterdir()
    assert len(calls(folder)) == first
    missing = [p for p in lines(folder / "problems.jsonl") if p["status"] == "error"]
    assert missing
    assert all("500" in p["error"] for p in missing)
    with FaultServer() as server:
        assert main(command(server)) == 0
        assert server.answered + first == 20
    assert len(calls(folder)) == 20
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["state"], len(manifest["sessions"])) == ("complete", 2)
