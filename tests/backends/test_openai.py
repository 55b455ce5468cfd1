"""The OpenAI backend over real HTTP on the loopback, against a server that fails on purpose."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Any, TypeVar

import pytest

from fault_server import FAULTS, Call, FaultServer, Reply, tokens
from harness import endpoint
from harness.backends import openai
from harness.backends.openai import OpenAI
from harness.core import BackendError, Completion, Message, Prompt, Request, Sampling, UsageError

T = TypeVar("T")
KEY = "sk-very-secret-0123456789"
HELLO = Prompt(
    "p1", "1+1?", "Q: 1+1?\nA:", (Message(role="system", content="Be brief."), Message(role="user", content="1+1?"))
)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # a proxy must not come between us and this machine
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")


class Characters:
    """A tokenizer whose tokens are characters; with `bos` it puts token 1 before a text."""

    has_chat_template = True

    def __init__(self, bos: bool = False) -> None:
        self.bos = bos

    def render(self, messages: Any) -> str:
        return "".join(m["content"] for m in messages)

    def encode(self, text: str, *, special_tokens: bool) -> list[int]:
        return [1] * (self.bos and special_tokens) + [ord(c) for c in text]

    def warnings(self, text: str, *, templated: bool) -> list[str]:
        return []


def ask(
    server: FaultServer | str,
    request: Request,
    *,
    name: str = "fake",
    tokenizer: Characters | None = None,
    **options: Any,
) -> Completion:
    """One call with a backend of its own."""

    async def call(backend: OpenAI) -> Completion:
        return await backend.generate(request)

    return with_backend(server, call, name=name, tokenizer=tokenizer, **options)


def with_backend(
    server: FaultServer | str,
    use: Callable[[OpenAI], Awaitable[T]],
    *,
    name: str = "fake",
    tokenizer: Characters | None = None,
    **options: Any,
) -> T:
    async def run() -> T:
        backend = OpenAI(name, base_url=server if isinstance(server, str) else server.base_url, **options)
        if tokenizer is not None:
            backend.tokenizer = tokenizer
        try:
            return await use(backend)
        finally:
            await backend.close()

    return asyncio.run(run())


def request(prefix: str = "", *, prompt: Prompt = HELLO, **sampling: Any) -> Request:
    return Request(prompt, prefix, Sampling(**{"temperature": 0.7, "max_tokens": 100, "seed": 7} | sampling))


def refused(server: FaultServer | str, asked: Request | None = None, **options: Any) -> BackendError:
    """The error of one call."""
    with pytest.raises(BackendError) as caught:
        ask(server, asked or request(), **options)
    return caught.value


def said(prompt: str, seed: int) -> str:
    return f"First {seed}.\n\nThen more.\n\nSo \\boxed{{2}}."


def edit(change: Callable[[dict[str, Any]], None]) -> Callable[[Call, dict[str, Any]], dict[str, Any]]:
    """A handler that changes the standard response."""

    def handler(call: Call, payload: dict[str, Any]) -> dict[str, Any]:
        change(payload)
        return payload

    return handler


def error(status: int, message: object, **headers: str) -> Callable[[Call, dict[str, Any]], Reply]:
    """A handler that answers with an error in OpenAI's form."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda call, payload: Reply(status, {"error": {"message": message}}, named)


# ------------------------------------------------------------------------------------------------------------- answers


def test_chat_is_the_default_and_sends_only_standard_fields() -> None:
    with FaultServer(said) as server:
        got = ask(server, request(top_p=0.9))
        assert got == Completion(said("", 7), len(tokens("Be brief.\n1+1?")), len(tokens(said("", 7))) + 1, "eos")
        (call,) = server.calls
        assert call.path == "/v1/chat/completions"
        assert call.body == {
            "model": "fake",
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "1+1?"}],
            "temperature": 0.7,
            "top_p": 0.9,
            "max_tokens": 100,
            "seed": 7,
            "n": 1,
            "stream": False,
        }
        assert "authorization" not in call.headers


def test_completions_take_the_text_and_the_prefix() -> None:
    with FaultServer(said) as server:
        got = ask(server, request("First.\n\n", stop=("\n\n",)), api="completions")
        assert server.calls[0].path == "/v1/completions"
        assert server.calls[0].body["prompt"] == "Q: 1+1?\nA:First.\n\n"
        assert server.calls[0].body["stop"] == ["\n\n"]
        assert "messages" not in server.calls[0].body
        assert (got.text, got.finish_reason, got.stop) == ("First 7.", "stop", "\n\n")
        assert got.completion_tokens == len(tokens("First 7.\n\n"))


def test_a_conversation_without_turns_is_one_question() -> None:
    with FaultServer(said) as server:
        ask(server, request(prompt=Prompt("p", "q", "Text.")))
        assert server.calls[0].body["messages"] == [{"role": "user", "content": "Text."}]


@pytest.mark.parametrize("api", ["chat", "completions"])
@pytest.mark.parametrize(
    ("sampling", "finish", "stop", "text"),
    [
        ({}, "eos", None, said("", 7)),
        ({"max_tokens": 2}, "length", None, "First 7."),
        ({"stop": ("\n\n",)}, "stop", "\n\n", "First 7."),
        ({"stop": ("\n\nSo", "\n\nThen")}, "stop", "\n\nThen", "First 7."),
        ({"stop": ("absent",)}, "eos", None, said("", 7)),
    ],
)
def test_finish_reasons(api: str, sampling: dict[str, Any], finish: str, stop: str | None, text: str) -> None:
    with FaultServer(said) as server:
        got = ask(server, request(**sampling), api=api)
    assert (got.finish_reason, got.stop, got.text) == (finish, stop, text)


def test_a_stop_token_of_the_model_is_the_end_of_its_turn() -> None:
    with FaultServer(said, edit(lambda p: p["choices"][0].update(stop_reason=128009))) as server:
        got = ask(server, request(stop=("absent",)), api="completions")
    assert (got.finish_reason, got.stop) == ("eos", None)


def sglang(payload: dict[str, Any]) -> None:
    choice = payload["choices"][0]
    choice["matched_stop"] = choice.pop("stop_reason")


def silent(payload: dict[str, Any]) -> None:
    del payload["choices"][0]["stop_reason"]


def test_sglang_names_the_stop_string_in_its_own_field() -> None:
    with FaultServer(said, edit(sglang)) as server:
        got = ask(server, request(stop=("\n\n",)), api="completions")
    assert (got.finish_reason, got.stop) == ("stop", "\n\n")


def test_a_server_that_hides_which_stop_it_met() -> None:
    with FaultServer(said, edit(silent)) as server:
        assert ask(server, request(stop=("\n\n",))).finish_reason == "eos"  # chat: no steps can depend on it
        assert ask(server, request(), api="completions").finish_reason == "eos"  # no stop string: no doubt
        got = ask(server, request(stop=("\n\n",)), api="completions", assume_eos=True)
        assert (got.finish_reason, got.stop) == ("eos", None)
        for options in ({"api": "completions"}, {"continue_chat": True}):
            caught = refused(server, request(stop=("\n\n",)), **options)
            assert not caught.retryable
            assert "assume_eos=true" in str(caught)


@pytest.mark.parametrize(
    ("reason", "retryable"),
    [("content_filter", False), ("tool_calls", False), (None, False), ([], False), ("abort", True)],
)
def test_other_finish_reasons_are_errors(reason: object, retryable: bool) -> None:
    with FaultServer(said, edit(lambda p: p["choices"][0].update(finish_reason=reason))) as server:
        caught = refused(server)
    assert caught.retryable is retryable
    assert str(reason) in str(caught)


# -------------------------------------------------------------------------------------------------------------- usage


def test_usage_details() -> None:
    details = {
        "prompt_tokens": 50,
        "completion_tokens": 20,
        "prompt_tokens_details": {"cached_tokens": 48},
        "completion_tokens_details": {"reasoning_tokens": 15},
    }
    with FaultServer(said, edit(lambda p: p.update(usage=details))) as server:
        got = ask(server, request())
    assert (got.prompt_tokens, got.completion_tokens, got.cached_prompt_tokens, got.thinking_tokens) == (50, 20, 48, 15)


@pytest.mark.parametrize(
    "details", [None, {}, {"cached_tokens": None}, {"cached_tokens": "many"}, 3, {"cached_tokens": 10**6}]
)
def test_odd_details_are_no_error_and_never_exceed_the_whole(details: object) -> None:
    with FaultServer(said, edit(lambda p: p["usage"].update(prompt_tokens_details=details))) as server:
        got = ask(server, request())
    assert got.cached_prompt_tokens in (0, got.prompt_tokens)
    assert got.thinking_tokens == 0


@pytest.mark.parametrize(
    "usage", [None, {}, {"prompt_tokens": 3}, {"prompt_tokens": -1, "completion_tokens": True}, "none"]
)
def test_missing_usage_is_counted_here_or_refused(usage: object) -> None:
    with FaultServer(said, edit(lambda p: p.update(usage=usage))) as server:
        caught = refused(server)
        assert not caught.retryable
        assert "-M tokenizer=" in str(caught)
        got = ask(server, request("ab"), tokenizer=Characters(bos=True), api="completions")
        assert (got.prompt_tokens, got.completion_tokens) == (1 + len("Q: 1+1?\nA:ab"), len(got.text))


def test_missing_usage_of_a_templated_prompt_counts_no_second_bos() -> None:
    prompt = Prompt("p", "q", "<bos>Q", HELLO.messages, templated=True)
    with FaultServer(said, edit(lambda p: p.pop("usage"))) as server:
        assert ask(server, request(prompt=prompt), tokenizer=Characters(bos=True)).prompt_tokens == len("<bos>Q")


# ----------------------------------------------------------------------------------------------------------- thinking


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
@pytest.mark.parametrize(
    ("prefix", "content", "finish", "text"),
    [
        ("", "So 2.", "stop", "<think>Hm.</think>So 2."),
        ("", None, "stop", "<think>Hm.</think>"),
        ("", None, "length", "<think>Hm."),
        ("", "So", "length", "<think>Hm.</think>So"),
        ("<think>Well. ", "So 2.", "stop", "Hm.</think>So 2."),
        ("<think>Well.</think>No. ", "So 2.", "stop", "<think>Hm.</think>So 2."),
    ],
)
def test_thinking_is_joined_with_the_answer(
    field: str, prefix: str, content: str | None, finish: str, text: str
) -> None:
    def think(payload: dict[str, Any]) -> None:
        payload["choices"][0].update(finish_reason=finish, message={"content": content, field: "Hm."})

    with FaultServer(said, edit(think)) as server:
        assert ask(server, request(prefix), continue_chat=True).text == text


@pytest.mark.parametrize(
    ("reported", "tokenizer", "expected"),
    [
        (12, None, (12, 0, "usage")),  # the server knows
        (12, Characters(bos=False), (12, 2, "usage")),  # so are the six characters of its answer; two are in neither
        (0, Characters(bos=False), (18, -4, "text")),  # vLLM, where the template opened the thinking: not believed
        (None, Characters(bos=False), (18, -4, "text")),
        (None, None, (15, 0, "share")),  # 18 of 24 characters
    ],
)
def test_thinking_tokens_of_a_reply_in_two_fields(
    reported: int | None, tokenizer: Characters | None, expected: tuple[int, int, str]
) -> None:
    def think(payload: dict[str, Any]) -> None:
        payload["choices"][0].update(message={"content": "So 22.", "reasoning": "Hm."})
        payload["usage"] = {"prompt_tokens": 3, "completion_tokens": 20}
        if reported is not None:
            payload["usage"]["completion_tokens_details"] = {"reasoning_tokens": reported}

    with FaultServer(said, edit(think)) as server:
        got = ask(server, request(), api="chat", **({"tokenizer": tokenizer} if tokenizer else {}))
    assert got.text == "<think>Hm.</think>So 22."
    assert (got.thinking_tokens, got.gap_tokens, got.thinking_by) == expected


def test_hidden_thinking_is_counted_though_it_has_no_text() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 90, "completion_tokens_details": {"reasoning_tokens": 80}}
    with FaultServer(said, edit(lambda p: p.update(usage=usage))) as server:
        got = ask(server, request())
    assert (got.completion_tokens, got.thinking_tokens, got.thinking_by) == (90, 80, "usage")
    assert "think" not in got.text


@pytest.mark.parametrize(
    ("message", "text"),
    [({"content": None}, ""), ({"content": "", "refusal": "I won't."}, "I won't."), ({"content": "a\ud800b"}, "a?b")],
)
def test_odd_messages(message: dict[str, Any], text: str) -> None:
    with FaultServer(said, edit(lambda p: p["choices"][0].update(message=message))) as server:
        assert ask(server, request()).text == text


# ------------------------------------------------------------------------------------------------- continuing answers


def test_chat_refuses_to_continue_and_sends_nothing() -> None:
    with FaultServer(said) as server:
        caught = refused(server, request("First.\n\n"))
        assert server.calls == []
    assert not caught.retryable
    assert "-M tokenizer=" in str(caught)
    assert "-M continue_chat=true" in str(caught)
    assert str(caught).count(". ") <= 2


@pytest.mark.parametrize("begun", ["", "Let's see: "])
def test_chat_continues_where_the_server_can(begun: str) -> None:
    messages = HELLO.messages + ((Message(role="assistant", content=begun),) if begun else ())
    with FaultServer(said) as server:
        ask(server, request("First.\n\n", prompt=Prompt("p", "q", "t", messages)), continue_chat=True)
        body = server.calls[0].body
    assert body["messages"] == [*HELLO.messages, {"role": "assistant", "content": f"{begun}First.\n\n"}]
    assert body["continue_final_message"] is True
    assert body["add_generation_prompt"] is False


def test_a_first_step_is_an_ordinary_question() -> None:
    with FaultServer(said) as server:
        ask(server, request(), continue_chat=True)
        assert "continue_final_message" not in server.calls[0].body


def test_steps_join_to_a_whole_answer() -> None:
    async def grow(backend: OpenAI) -> tuple[str, int]:
        text, count = "", 0
        while True:
            got = await backend.generate(request(text, stop=("\n\n",)))
            text, count = text + got.text + (got.stop or ""), count + 1
            if got.finish_reason == "eos":
                return text, count

    with FaultServer() as server:
        whole = ask(server, request()).text
        assert with_backend(server, grow, api="completions") == (whole, 4)
        assert with_backend(server, grow, continue_chat=True) == (whole, 4)


def test_a_tokenizer_chooses_completions_and_is_loaded_once_when_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []
    monkeypatch.setattr(openai, "HFTokenizer", lambda path: loaded.append(path) or Characters())
    backend = OpenAI("fake", tokenizer="some/where")
    assert backend.continues
    assert backend.identity["api"] == "completions"
    assert loaded == []
    assert backend.tokenizer is backend.tokenizer
    assert loaded == ["some/where"]


def test_a_server_must_not_add_a_second_bos() -> None:
    prompt = Prompt("p", "q", "<bos>Q", HELLO.messages, templated=True)
    with FaultServer(said) as server:
        ask(server, request("ab", prompt=prompt), tokenizer=Characters(bos=True), api="completions")
        ask(server, request("ab", prompt=prompt), tokenizer=Characters(), api="completions")
        ask(server, request("ab"), tokenizer=Characters(bos=True), api="completions")
        ids, templated, plain = (call.body["prompt"] for call in server.calls)
    assert ids == [ord(c) for c in "<bos>Qab"]
    assert templated == "<bos>Qab"
    assert plain == "Q: 1+1?\nA:ab"


# ------------------------------------------------------------------------------------------------------------- options


def test_constructing_asks_nothing_and_says_what_the_model_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://me:hunter2@127.0.0.1:9/v1/?token=abc")
    backend = OpenAI("org/model", extra_body='{"top_k": 20}', concurrency=5)
    same = {"backend": "openai", "model": "org/model", "revision": "", "api": "chat", "extra_body": {"top_k": 20}}
    assert backend.identity == same
    assert OpenAI("org/model", extra_body='{"top_k": 20}', revision="step 2").identity != same
    assert backend.environment == {"base_url": "http://127.0.0.1:9/v1", "tokenizer": None}
    assert (backend.continues, backend.concurrency, backend.tokenizer) == (False, 5, None)
    assert OpenAI("m", continue_chat=True).continues
    assert OpenAI("m", api="completions").continues
    assert OpenAI("m", api="chat", tokenizer="x").identity["api"] == "chat"
    asyncio.run(backend.close())


def test_the_default_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert OpenAI("m").environment["base_url"] == "http://localhost:8000/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", "https://example.org/v1")
    assert OpenAI("m").environment["base_url"] == "https://example.org/v1"
    assert OpenAI("m", base_url="http://[::1]:80/v1").environment["base_url"] == "http://[::1]/v1"


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"api": "chats"}, "chats"),
        ({"base_url": "localhost:8000"}, "localhost:8000"),
        ({"base_url": "http://u:hunter2@h:port/v1"}, "http://h:port/v1"),
        ({"base_url": "http://"}, "http://"),
        ({"extra_body": "{"}, "{"),
        ({"extra_body": "[1]"}, "[1]"),
        ({"extra_body": '{"top_p": NaN}'}, "NaN"),
        ({"extra_body": '{"seed": 1, "n": 4, "top_k": 3}'}, "n, seed"),
    ],
)
def test_impossible_options(options: dict[str, str], named: str) -> None:
    with pytest.raises(UsageError) as caught:
        OpenAI("m", **options)  # type: ignore[arg-type]
    assert named in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_extra_fields_are_sent() -> None:
    with FaultServer(said) as server:
        ask(server, request(), extra_body='{"top_k": 20, "chat_template_kwargs": {"enable_thinking": false}}')
        assert server.calls[0].body["top_k"] == 20
        assert server.calls[0].body["chat_template_kwargs"] == {"enable_thinking": False}
        assert server.calls[0].body["seed"] == 7


def test_the_query_of_an_address_is_kept() -> None:
    with FaultServer(said) as server:
        refused(server.base_url + "/?api-version=3")
        assert server.calls[0].path == "/v1/chat/completions?api-version=3"


def test_the_new_name_of_the_token_limit_is_learnt_once() -> None:
    def newer(call: Call, payload: dict[str, Any]) -> Reply | dict[str, Any]:
        if "max_tokens" not in call.body:
            return payload
        told = (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
        )
        return Reply(400, {"error": {"message": told, "param": "max_tokens"}})

    async def three(backend: OpenAI) -> None:
        await asyncio.gather(backend.generate(request(seed=1)), backend.generate(request(seed=2)))
        await backend.generate(request(seed=3))

    with FaultServer(said, newer) as server:
        with_backend(server, three)
        assert sorted(c.body["seed"] for c in server.calls if "max_tokens" in c.body) == [1, 2]
        assert sorted(c.body["seed"] for c in server.calls if c.body.get("max_completion_tokens") == 100) == [1, 2, 3]


# -------------------------------------------------------------------------------------------------------------- faults


@pytest.mark.parametrize("api", ["chat", "completions"])
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_can_be_retried(fault: str, api: str) -> None:
    with FaultServer(said, faults=[fault]) as server:
        timeout = 0.2 if fault == "stall" else 30.0
        caught = refused(server, api=api, timeout=timeout)
        assert ask(server, request(), api=api).text == said("", 7)
        assert server.faults == {fault: 1}
        assert server.answered == 1
    assert caught.retryable
    assert caught.retry_after == (0.0 if fault == "429" else None)
    assert len(str(caught)) < 500


def test_a_request_that_hangs_says_for_how_long() -> None:
    with FaultServer(said, faults=["stall"]) as server:
        assert "did not answer within 0.2 s" in str(refused(server, timeout=0.2))
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
