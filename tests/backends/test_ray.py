"""Ray actors as replicas: the same results as one engine, and nothing lost when an actor is killed in the middle."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from harness.backends.ray import Ray
from harness.cli import main
from harness.core import BackendError, Completion, Prompt, Request, Sampling, UsageError
from support import calls, sums_task

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Ray on this machine, with what it leaves behind taken away."""
    import ray

    yield ray
    ray.shutdown()


def request(problem: str, seed: int) -> Request:
    return Request(
        Prompt(problem, problem, f"<|user|>{problem}<|end|>", templated=True), "", Sampling(0.9, 1, 12, (), seed)
    )


def test_what_cannot_be() -> None:
    with pytest.raises(UsageError, match="cannot be inside an actor"):
        Ray("x", engine="ray")
    with pytest.raises(UsageError, match=r"'vlm' is not known. Did you mean 'vllm'"):
        Ray("x", engine="vlm")


def test_a_dead_cluster_is_told() -> None:
    backend = Ray("smollm2", engine="openai", address="127.0.0.1:1")
    with pytest.raises(BackendError, match=r"There is no Ray cluster at 127\.0\.0\.1:1"):
        asyncio.run(backend.generate(request("p", 0)))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")
def test_replicas_answer_as_one_engine_does_and_a_killed_actor_loses_nothing(cluster: Any) -> None:
    wanted = [request(f"p{i % 6}", i) for i in range(24)]

    async def asked(backend: Ray, *, kill: bool) -> list[Completion]:
        first = await asyncio.gather(*map(backend.generate, wanted[:12]))
        if kill:
            victim = await backend._actors[0].handle.process.remote()
            rest = [asyncio.create_task(backend.generate(each)) for each in wanted[12:]]
            await asyncio.sleep(0)
            os.kill(victim, signal.SIGKILL)
            second = await asyncio.gather(*rest)
        else:
            second = await asyncio.gather(*map(backend.generate, wanted[12:]))
        await backend.close()
        return [*first, *second]

    def plain(found: list[Completion]) -> list[tuple[str, int, str]]:
        return [(each.text, each.completion_tokens, each.finish_reason) for each in found]

    one = asyncio.run(asked(Ray("smollm2", engine="hf", replicas=1), kill=False))
    two = Ray("smollm2", engine="hf", replicas=2)
    found = asyncio.run(asked(two, kill=True))
    assert plain(found) == plain(one)
    assert min(two.answered.values()) > 0


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_run_over_replicas_is_the_run_of_the_engine(tmp_path: Path, cluster: Any) -> None:
    def run(out: Path, model: str, *options: str) -> Path:
        task = ["--include-path", str(sums_task(tmp_path / "tasks")), "--limit", "6", "--max-tokens", "16"]
        argv = ["eval", "sums", *task, "--model", model, *options, "--strategy", "sample", "-S", "n=2"]
        assert main([*argv, "--output-dir", str(out)]) == 0
        [folder] = out.iterdir()
        return folder

    two = run(tmp_path / "two", "ray/smollm2", "--replicas", "2", "-M", "engine=hf")
    one = run(tmp_path / "one", "hf/smollm2")
    assert two.name == one.name
    assert {k: r["result"] for k, r in calls(two).items()} == {k: r["result"] for k, r in calls(one).items()}
    assert (two / "problems.jsonl").read_bytes() == (one / "problems.jsonl").read_bytes()
