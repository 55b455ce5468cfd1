"""The OpenAI backend against a server that fails on purpose: what can be retried, what is told, what is never told."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import time
from email.utils import formatdate
from typing import Any

import pytest
from openai_calls import KEY, ask, edit, error, refused, request, said, with_backend

from fault_server import FAULTS, FaultServer, Reply
from harness import endpoint
from harness.backends.openai import OpenAI
from harness.core import BackendError, Completion, UsageError

pytestmark = pytest.mark.usefixtures("no_openai_environment")


# -------------------------------------------------------------------------------------------------------------- faults


@pytest.mark.parametrize("api", ["chat", "completions"])
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_can_be_retried(fault: str, api: str) -> None:
    with FaultServer(said, faults=[fault]) as server:
        timeout = 1.0 if fault == "stall" else 30.0  # long enough for the server to have met the request
        caught = refused(server, api=api, timeout=timeout)
        assert ask(server, request(), api=api, timeout=30.0).text == said("", 7)
        assert server.faults == {fault: 1}
        assert server.answered == 1
    assert caught.retryable
    assert caught.retry_after == (0.0 if fault == "429" else None)
    assert len(str(caught)) < 500


def test_a_request_that_hangs_says_for_how_long() -> None:
    with FaultServer(said, faults=["stall"]) as server:
        assert "did not answer within 1 s" in str(refused(server, timeout=1.0))
        server.wait_for(lambda s: s.gave_up == 1)


def test_a_connection_refused() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        caught = refused(f"http://127.0.0.1:{unused.getsockname()[1]}/v1")
    assert caught.retryable
    assert "No answer from http://127.0.0.1" in str(caught)


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b'"x"', b"{}", b'{"choices": []}', b'{"choices": [7]}', b"[" * 100_000]
)
def test_what_is_no_answer_can_be_retried(body: bytes) -> None:
    with FaultServer(said, lambda call, payload: Reply(200, body)) as server:
        assert refused(server).retryable
        assert refused(server, api="completions").retryable


def test_answers_in_pieces_are_garbage() -> None:
    parts = [{"type": "text", "text": "2"}]
    with FaultServer(said, edit(lambda p: p["choices"][0].update(message={"content": parts}))) as server:
        assert refused(server).retryable


def test_an_error_with_status_200_is_told() -> None:
    with FaultServer(said, error(200, "upstream is away")) as server:
        caught = refused(server)
    assert caught.retryable
    assert "upstream is away" in str(caught)


@pytest.mark.parametrize("packed", [False, True])
def test_an_endless_body_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch, packed: bool) -> None:
    monkeypatch.setattr(endpoint, "MAX_BODY", 100_000)
    body = json.dumps({"choices": [{"message": {"content": "x" * 5_000_000}, "finish_reason": "stop"}]}).encode()
    reply = Reply(200, gzip.compress(body), {"Content-Encoding": "gzip"}) if packed else Reply(200, body)
    with FaultServer(said, lambda call, payload: reply) as server:
        caught = refused(server)
    assert not caught.retryable
    assert "100000 bytes" in str(caught)


def test_a_broken_encoding_can_be_retried() -> None:
    with FaultServer(said, lambda call, payload: Reply(200, b"no gzip", {"Content-Encoding": "gzip"})) as server:
        assert refused(server).retryable


# -------------------------------------------------------------------------------------------------------------- status


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 529])
def test_passing_trouble(status: int) -> None:
    with FaultServer(said, error(status, "later", Retry_After="1.5")) as server:
        caught = refused(server)
    assert (caught.retryable, caught.retry_after) == (True, 1.5)
    assert f"answered {status}: later" in str(caught)


@pytest.mark.parametrize("status", [301, 400, 401, 402, 403, 404, 405, 413, 422])
def test_lasting_trouble(status: int) -> None:
    with FaultServer(said, error(status, "no way")) as server:
        caught = refused(server)
    assert not caught.retryable
    assert "no way" in str(caught)


def test_a_used_up_account_is_not_asked_again() -> None:
    body = {"error": {"message": "You exceeded your current quota.", "code": "insufficient_quota"}}
    with FaultServer(said, lambda call, payload: Reply(429, body)) as server:
        assert not refused(server).retryable


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("7", 7, 7),
        ("0", 0, 0),
        ("-3", 0, 0),
        (1000, 900, 1001),
        (-1000, 0, 0),
    ],
)
def test_retry_after(header: str | int, low: float, high: float) -> None:
    """Seconds, or a date, here so many seconds from now."""
    header = header if isinstance(header, str) else formatdate(time.time() + header, usegmt=True)
    with FaultServer(said, error(503, "later", Retry_After=header)) as server:
        assert low <= (refused(server).retry_after or 0) <= high


@pytest.mark.parametrize("header", ["soon", "", "nan", "inf", "Fri, 99 Foo 2026 00:00:00 GMT"])
def test_a_senseless_retry_after_is_none(header: str) -> None:
    with FaultServer(said, error(429, "later", Retry_After=header)) as server:
        assert refused(server).retry_after is None


@pytest.mark.parametrize(
    "told",
    [
        "This model's maximum context length is 2048 tokens. However, you requested 4000 tokens.",
        "'max_tokens' or 'max_completion_tokens' is too large: 999. This model's maximum context length is 512 tokens.",
        "the request exceeds the available context size, try increasing it",
    ],
)
def test_too_long_a_prompt(told: str) -> None:
    with FaultServer(said, error(400, told)) as server:
        caught = refused(server)
        assert len(server.calls) == 1
    assert not caught.retryable
    assert "do not fit into the context of 'fake'" in str(caught)
    assert told[:40] in str(caught)


def test_an_unknown_model_is_named_with_those_served() -> None:
    with FaultServer(said, model="Qwen2.5-Math-1.5B") as server:
        caught = refused(server, name="qwen2.5-math")
    assert not caught.retryable
    assert "'qwen2.5-math'" in str(caught)
    assert "It serves Qwen2.5-Math-1.5B." in str(caught)


def test_an_address_without_v1_is_guessed() -> None:
    with FaultServer(said) as server:
        caught = refused(server.base_url.removesuffix("/v1"))
    assert not caught.retryable
    assert "end in /v1?" in str(caught)


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "what\x1b[31m is\nwrong\x00"}},
        {"error": "what is wrong"},
        {"message": "what is wrong"},
        {"detail": "what is wrong"},
        {"detail": [{"loc": ["body", "seed"], "msg": "what is wrong"}]},
        b"<html><body><h1>what is wrong</h1></body></html>",
    ],
)
def test_the_servers_words_are_passed_on(body: Any) -> None:
    with FaultServer(said, lambda call, payload: Reply(422, body)) as server:
        told = str(refused(server)).replace("[31m", "")
    assert "what is wrong" in " ".join(told.split())
    assert told.isprintable()
    assert "<h1>" not in told


def test_long_words_are_cut() -> None:
    with FaultServer(said, error(400, "x" * 10_000_000)) as server:
        assert len(str(refused(server))) < 400


# ------------------------------------------------------------------------------------------------------------- secrets


def test_the_key_is_sent_and_never_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", f" {KEY}\n")
    with FaultServer(said, error(401, "x" * 290 + f" bad key {KEY}")) as server:
        caught = refused(server, api_key_env="MY_KEY")
        assert server.calls[0].headers["authorization"] == f"Bearer {KEY}"
    assert not caught.retryable
    assert KEY[:5] not in str(caught)
    assert "MY_KEY" in str(caught)


def test_a_password_in_the_address_is_never_told() -> None:
    with FaultServer(said, error(500, "hunter2 failed")) as server:
        caught = refused(server.base_url.replace("//", "//me:hunter2@"))
        assert server.calls[0].headers["authorization"].startswith("Basic ")
    assert "hunter2" not in str(caught)
    assert "*** failed" in str(caught)


@pytest.mark.parametrize("key", [f"{KEY}\r\nX-Evil: 1", f"{KEY}é", f"{KEY}\x7f"])
def test_a_key_that_cannot_be_sent(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(UsageError, match="OPENAI_API_KEY") as caught:
        OpenAI("m")
    assert KEY not in str(caught.value)


# --------------------------------------------------------------------------------------------------------- concurrency


def test_cancelling_ends_the_request() -> None:
    with FaultServer(said, faults=["stall"]) as server:

        async def cancel(backend: OpenAI) -> str:
            task = asyncio.create_task(backend.generate(request()))
            await asyncio.to_thread(server.wait_for, lambda s: s.faults["stall"] == 1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.to_thread(server.wait_for, lambda s: s.gave_up == 1)
            return (await backend.generate(request())).text  # the connections are still good

        assert with_backend(server, cancel) == said("", 7)


def test_requests_go_side_by_side_each_with_its_seed() -> None:
    async def many(backend: OpenAI) -> list[Completion]:
        return await asyncio.gather(*[backend.generate(request(seed=seed)) for seed in range(32)])

    with FaultServer(said, hold=32) as server:  # nobody is answered before all 32 have asked
        got = with_backend(server, many)
        assert sorted(call.body["seed"] for call in server.calls) == list(range(32))
    assert [completion.text for completion in got] == [said("", seed) for seed in range(32)]


def test_connections_are_used_again() -> None:
    async def three(backend: OpenAI) -> None:
        for seed in range(3):
            await backend.generate(request(seed=seed))

    with FaultServer(said) as server:
        with_backend(server, three)
        assert len({call.connection for call in server.calls}) == 1


def test_a_closed_backend_opens_again() -> None:
    with FaultServer(said) as server:
        backend = OpenAI("fake", base_url=server.base_url)

        async def call() -> str:
            try:
                return (await backend.generate(request())).text
            finally:
                await backend.close()

        assert asyncio.run(call()) == asyncio.run(call()) == said("", 7)


def test_nothing_is_lost_and_nothing_counted_twice() -> None:
    """With retries above it, a server that fails a third of the time gives the same answers as one that never does."""

    async def stubborn(backend: OpenAI, seed: int) -> Completion:
        while True:
            try:
                return await backend.generate(request(seed=seed))
            except BackendError as caught:
                assert caught.retryable

    async def all_of_them(backend: OpenAI) -> list[Completion]:
        return await asyncio.gather(*[stubborn(backend, seed) for seed in range(100)])

    kinds = set(FAULTS) - {"stall"}  # which would make the test depend on time
    with FaultServer(said, faults=dict.fromkeys(sorted(kinds), 0.05), seed=3) as server:
        got = with_backend(server, all_of_them)
        assert [completion.text for completion in got] == [said("", seed) for seed in range(100)]
        assert server.answered == 100
        assert len(server.calls) == 100 + server.faults.total()
        assert set(server.faults) == kinds
        assert server.usage["completion_tokens"] == sum(completion.completion_tokens for completion in got)
        assert server.usage["prompt_tokens"] == sum(completion.prompt_tokens for completion in got)
