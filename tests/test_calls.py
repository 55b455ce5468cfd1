"""The call log: one mechanism for resume, cache and accounting."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from harness.backends.toy import Toy
from harness.calls import CallLog, ProblemCalls, Retries, request_key
from harness.core import BackendError, IncompleteError, Prompt, Request, Sampling
from harness.files import digest
from support import calls, lines

QUICK = Retries(attempts=4, first_wait=0.0)
KEY = "0" * 32


def with_log(path: Path, use: Callable[[CallLog], Awaitable[Any]], **options: Any) -> Any:
    """Open a log, use it, close it."""

    async def everything() -> Any:
        log = CallLog(path, retries=QUICK, **options)
        try:
            return await use(log)
        finally:
            log.close()

    return asyncio.run(everything())


def counting(results: list[Any]) -> tuple[Callable[[], Awaitable[dict[str, Any]]], list[int]]:
    """A producer that gives or raises the results in turn, and how often it was asked."""
    asked: list[int] = []

    async def produce() -> dict[str, Any]:
        result = results[min(len(asked), len(results) - 1)]
        asked.append(1)
        await asyncio.sleep(0)
        if isinstance(result, BaseException):
            raise result
        return {"value": result}

    return produce, asked


def test_a_call_is_made_once_and_answered_from_the_log_ever_after(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    produce, asked = counting([1, 2])
    assert with_log(path, lambda log: log.call(KEY, {"kind": "x"}, produce)) == {"value": 1}
    assert with_log(path, lambda log: log.call(KEY, {"kind": "x"}, produce)) == {"value": 1}
    assert len(asked) == 1
    [record] = lines(path)
    assert record["key"] == KEY
    assert record["kind"] == "x"
    assert record["result"] == {"value": 1}


def test_the_same_call_under_way_is_shared(tmp_path: Path) -> None:
    produce, asked = counting([1])

    async def many(log: CallLog) -> list[Any]:
        return await asyncio.gather(*[log.call(KEY, {}, produce) for _ in range(5)])

    assert with_log(tmp_path / "calls.jsonl", many) == [{"value": 1}] * 5
    assert len(asked) == 1
    assert len(lines(tmp_path / "calls.jsonl")) == 1


def test_a_failure_is_shared_too_and_nothing_is_logged(tmp_path: Path) -> None:
    produce, asked = counting([BackendError("no", retryable=False)])

    async def many(log: CallLog) -> list[Any]:
        return await asyncio.gather(*[log.call(KEY, {}, produce) for _ in range(3)], return_exceptions=True)

    assert [str(e) for e in with_log(tmp_path / "calls.jsonl", many)] == ["no"] * 3
    assert len(asked) == 1
    assert lines(tmp_path / "calls.jsonl") == []


def test_passing_failures_are_tried_again(tmp_path: Path) -> None:
    produce, asked = counting([BackendError("busy"), BackendError("busy", retry_after=0.0), 7])
    assert with_log(tmp_path / "calls.jsonl", lambda log: log.call(KEY, {}, produce)) == {"value": 7}
    assert len(asked) == 3


def test_lasting_failures_end_after_the_last_attempt(tmp_path: Path) -> None:
    produce, asked = counting([BackendError("busy")])
    with pytest.raises(BackendError, match="busy"):
        with_log(tmp_path / "calls.jsonl", lambda log: log.call(KEY, {}, produce))
    assert len(asked) == QUICK.attempts


def test_no_more_calls_are_under_way_than_allowed(tmp_path: Path) -> None:
    now = {"under way": 0, "most": 0}

    async def produce() -> dict[str, Any]:
        now["under way"] += 1
        now["most"] = max(now.values())
        await asyncio.sleep(0.001)
        now["under way"] -= 1
        return {}

    async def many(log: CallLog) -> None:
        await asyncio.gather(*[log.call(f"{i:032d}", {}, produce) for i in range(20)])

    with_log(tmp_path / "calls.jsonl", many, concurrency=3)
    assert now["most"] == 3


def test_siblings_answer_and_are_copied(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "calls.jsonl", tmp_path / "b" / "calls.jsonl"
    first.parent.mkdir()
    second.parent.mkdir()
    produce, asked = counting([1])
    with_log(first, lambda log: log.call(KEY, {}, produce))
    with_log(second, lambda log: log.call(KEY, {}, produce), siblings=[first])
    assert len(asked) == 1
    assert lines(second)[0]["from"] == "a"
    first.unlink()
    assert with_log(second, lambda log: log.call(KEY, {}, produce)) == {"value": 1}
    assert len(asked) == 1


@pytest.mark.parametrize("damage", [b'{"key":"' + KEY.encode() + b'","result":{"val', b"\xff\xfe\n", b'{"key":1}\n'])
def test_damage_costs_only_the_damaged_call(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "calls.jsonl"
    other = "1" * 32
    produce, _ = counting([1])
    with_log(path, lambda log: log.call(other, {}, produce))
    path.write_bytes(damage if not damage.endswith(b"\n") else damage + path.read_bytes())
    if not damage.endswith(b"\n"):
        with_log(path, lambda log: log.call(other, {}, produce))
    produce, asked = counting([2])
    assert with_log(path, lambda log: log.call(other, {}, produce)) == {"value": 1}
    assert with_log(path, lambda log: log.call(KEY, {}, produce)) == {"value": 2}
    assert len(asked) == 1
    assert path.with_name("calls.bad.jsonl").exists()


def test_a_long_line_is_found_again(tmp_path: Path) -> None:
    produce, asked = counting(["x" * 100_000])
    for _ in range(2):
        found = with_log(tmp_path / "calls.jsonl", lambda log: log.call(KEY, {}, produce))
    assert found == {"value": "x" * 100_000}
    assert len(asked) == 1


def test_a_full_disk_is_an_incomplete_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    produce, _ = counting([1])

    async def use(log: CallLog) -> None:
        def full(*_: Any) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.write", full)
        try:
            await log.call(KEY, {}, produce)
        finally:
            monkeypatch.undo()

    with pytest.raises(IncompleteError, match="No space left"):
        with_log(tmp_path / "calls.jsonl", use)
    assert lines(tmp_path / "calls.jsonl") == []


def request(**changes: Any) -> Request:
    sampling = Sampling(**{k: v for k, v in changes.items() if k in Sampling.__dataclass_fields__})
    prompt = Prompt("p", "q", changes.get("text", "What?"), changes.get("messages", ()), changes.get("templated", True))
    return Request(prompt, changes.get("prefix", ""), sampling, ending=changes.get("ending", ()))


def test_keys_tell_apart_whatever_decides_the_answer() -> None:
    base = request_key("m", request())
    variants = [
        request_key("other model", request()),
        *[
            request_key("m", request(**change))
            for change in (
                {"text": "Who?"},
                {"prefix": "x"},
                {"ending": (1,)},
                {"seed": 1},
                {"temperature": 0.5},
                {"top_p": 0.5},
                {"max_tokens": 7},
                {"stop": ("a",)},
                {"templated": False},
                {"templated": False, "messages": ({"role": "user", "content": "x"},)},
            )
        ],
    ]
    assert len({base, *variants}) == len(variants) + 1
    assert request_key("m", request()) == base


def test_two_models_never_share_an_answer(tmp_path: Path) -> None:
    answers = {}
    for accuracy in (0.1, 0.9):
        toy = Toy("default", step_accuracy=accuracy)

        async def use(log: CallLog, toy: Toy = toy) -> str:
            return (await ProblemCalls(log, toy, "p").generate(request(max_tokens=400, temperature=1.0))).text

        answers[accuracy] = with_log(tmp_path / "calls.jsonl", use)
    assert answers[0.1] != answers[0.9]
    assert len(calls(tmp_path)) == 2


def test_usage_is_billed_from_the_log_too(tmp_path: Path) -> None:
    toy = Toy("default")

    async def use(log: CallLog) -> tuple[Any, Any]:
        problem = ProblemCalls(log, toy, "p")
        await problem.generate(request(max_tokens=400))
        return problem.ledger.asked, problem.ledger.generated

    first = with_log(tmp_path / "calls.jsonl", use)
    second = with_log(tmp_path / "calls.jsonl", use)
    assert first[0] == first[1] == second[0]
    assert first[0].completion_tokens > 0
    assert second[1].completion_tokens == 0
    assert digest(toy.identity) != digest(Toy("default", steps=3).identity)
