"""The OpenAI backend over real HTTP on the loopback: what it sends, and what it makes of answers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from openai_calls import HELLO, Characters, ask, edit, refused, request, said, with_backend

from fault_server import Call, FaultServer, Reply, tokens
from harness.backends import openai
from harness.backends.openai import OpenAI
from harness.core import Completion, Message, Prompt, UsageError

pytestmark = pytest.mark.usefixtures("no_openai_environment")


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


def test_a_step_is_continued_by_ids_where_a_tokenizer_is_known() -> None:
    """A server would cut the blank line at the end of the text as the model does not write it before a word."""
    with FaultServer(said) as server:
        ask(server, request("ab\n\n"), tokenizer=Characters(bos=True), api="completions")
        ask(server, request("ab\n\n"), api="completions")
        ids, text = (call.body["prompt"] for call in server.calls)
    assert ids == [1, *map(ord, "Q: 1+1?\nA:ab\n\n")]
    assert text == "Q: 1+1?\nA:ab\n\n"


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
