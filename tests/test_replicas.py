"""Several engines of one model: who answers, who is left alone, and that nothing of it shows in the results."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

import pytest

from fault_server import FaultServer
from harness import calls as call_log
from harness import replicas
from harness.cli import main
from harness.core import BackendError, Completion, Prompt, Request, Sampling
from harness.replicas import Replicas
from support import calls, sums_task


class Engine:
    """Answers after a while with its own name; may be told to fail."""

    identity: ClassVar = {"backend": "fake"}
    environment: ClassVar[dict[str, Any]] = {}
    continues, logprobs, concurrency, tokenizer = True, False, 8, None

    def __init__(self, name: str, seconds: float = 0.0) -> None:
        self.name, self.seconds = name, seconds
        self.failing: BackendError | None = None
        self.asked: Counter[str] = Counter()

    async def generate(self, request: Request) -> Completion:
        self.asked[request.prompt.problem_id] += 1
        await asyncio.sleep(self.seconds)
        if self.failing is not None:
            raise self.failing
        return Completion(self.name, 1, 1, "eos")

    async def close(self) -> None:
        self.closed = True


def request(problem: str, seed: int = 0) -> Request:
    return Request(Prompt(problem, problem, problem), "", Sampling(seed=seed))


def made(*engines: Engine) -> Replicas:
    return Replicas(engines, [engine.name for engine in engines])


def test_a_question_that_utf8_cannot_hold_is_routed() -> None:
    [only] = engines = [Engine("a")]
    assert asyncio.run(made(*engines).generate(request("half \ud800"))).text
    assert only.asked == {"half \ud800": 1}


def test_a_problem_stays_with_its_engine_and_all_engines_have_work() -> None:
    a, b, c = engines = [Engine(name) for name in "abc"]
    router = made(a, b, c)

    async def asked() -> None:
        for i in range(300):
            await router.generate(request(f"p{i % 60}", i))

    asyncio.run(asked())
    homes = [{engine.name for engine in engines if f"p{i}" in engine.asked} for i in range(60)]
    assert all(len(home) == 1 for home in homes)
    assert min(router.answered.values()) > 300 / 3 * 0.4
    # An engine more takes only its own share away: no problem moves between the old ones.
    more = [Engine(name) for name in "abcd"]
    wider = made(*more)

    async def again() -> None:
        for i in range(60):
            await wider.generate(request(f"p{i}"))

    asyncio.run(again())
    now = [next(engine.name for engine in more if f"p{i}" in engine.asked) for i in range(60)]
    assert all(new == "d" or {new} == old for new, old in zip(now, homes, strict=True))
    assert 3 < now.count("d") < 30


def test_one_problem_with_many_calls_does_not_wait_for_one_engine() -> None:
    a, b = Engine("a", 0.01), Engine("b", 0.01)
    router = made(a, b)

    async def asked() -> None:
        await asyncio.gather(*[router.generate(request("p", i)) for i in range(40)])

    asyncio.run(asked())
    assert min(router.answered.values()) >= 15


def test_a_dead_engine_is_left_alone_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicas, "FIRST_REST", 0.05)
    a, b = Engine("a"), Engine("b")
    router = made(a, b)
    a.failing = BackendError("dead")

    async def asked(count: int) -> set[str]:
        return {(await router.generate(request(f"p{i}"))).text for i in range(count)}

    assert asyncio.run(asked(30)) == {"b"}
    assert sum(a.asked.values()) == 1  # found out once
    a.failing = None
    time.sleep(0.06)
    assert asyncio.run(asked(30)) == {"a", "b"}


def test_what_all_engines_fail_is_raised_and_what_one_refuses_is_asked_of_no_other() -> None:
    a, b = Engine("a"), Engine("b")
    router = made(a, b)
    a.failing = b.failing = BackendError("dead")
    with pytest.raises(BackendError, match="dead"):
        asyncio.run(router.generate(request("p")))
    assert sum(a.asked.values()) == sum(b.asked.values()) == 1
    c, d = Engine("c"), Engine("d")
    c.failing = d.failing = BackendError("too long", retryable=False)
    with pytest.raises(BackendError, match="too long"):
        asyncio.run(made(c, d).generate(request("p")))
    assert sum(c.asked.values()) + sum(d.asked.values()) == 1


def test_two_servers_one_of_which_fails_give_the_run_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = call_log.Retries(12, first_wait=0.001, longest_wait=0.01)
    monkeypatch.setattr(call_log, "Retries", lambda: quick)
    monkeypatch.setattr(replicas, "FIRST_REST", 0.01)

    def run(out: Path, *urls: str) -> Path:
        options = ["--include-path", str(sums_task(tmp_path / "tasks")), "-M", f"base_url={','.join(urls)}"]
        argv = ["eval", "sums", "--model", "openai/fake", *options, "--strategy", "sample", "-S", "n=3"]
        assert main([*argv, "--limit", "24", "--output-dir", str(out)]) == 0
        [folder] = out.iterdir()
        return folder

    shares = {"500": 0.2, "reset": 0.2, "drop": 0.2}
    with FaultServer() as sound, FaultServer(faults=shares, seed=2) as faulty, FaultServer() as alone:
        two = run(tmp_path / "two", sound.base_url, faulty.base_url)
        one = run(tmp_path / "one", alone.base_url)
        assert sum(faulty.faults.values()) > 3
        assert faulty.answered > 3
        assert sound.answered + faulty.answered == 72
    assert two.name == one.name  # where a model is served is no part of what it is
    for name in ("problems.jsonl", "responses.jsonl", "results.json"):
        assert (two / name).read_bytes() == (one / name).read_bytes()
    assert {k: r["result"] for k, r in calls(two).items()} == {k: r["result"] for k, r in calls(one).items()}


def test_a_server_that_goes_away_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of two servers is closed while the run goes on; the other answers everything that is left."""
    monkeypatch.setattr(replicas, "FIRST_REST", 0.01)
    first = FaultServer()
    first.__enter__()
    seen: Counter[str] = Counter()

    def counting(call: Any, payload: Any) -> Any:
        seen["answers"] += 1
        if seen["answers"] >= 5 and first.answered and not seen["closed"]:  # who is asked first hangs on the ports
            seen["closed"] = 1
            first._loop.call_soon_threadsafe(first._closing.set)
        return payload

    with FaultServer(handler=counting) as second:
        urls = f"base_url={first.base_url},{second.base_url}"
        options = ["--include-path", str(sums_task(tmp_path / "tasks")), "-M", urls, "--concurrency", "4"]
        argv = ["eval", "sums", "--model", "openai/fake", *options, "--strategy", "sample", "-S", "n=3"]
        assert main([*argv, "--limit", "30", "--output-dir", str(tmp_path / "out")]) == 0
        assert second.answered > 60
    first._thread.join()
    assert 0 < first.answered < 30


@pytest.mark.parametrize("options", [["--replicas", "2"], ["--ray-address", "here:1"]])
def test_replicas_are_rays(tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]) -> None:
    assert main(["eval", "game24", "--model", "toy/default", *options, "--output-dir", str(tmp_path)]) == 2
    assert "are for --model ray/NAME" in capsys.readouterr().err
