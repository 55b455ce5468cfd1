"""Log-probabilities from an OpenAI-compatible server: of the first token, and of a text where the server echoes it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from backends.test_openai import HELLO, Characters, ask, request

from fault_server import Call, FaultServer, Json
from harness.backends.openai import OpenAI
from harness.cli import main
from harness.core import BackendError, Message, Prompt
from harness.core import Path as Steps
from harness.verifiers.confidence import Confidence
from harness.verifiers.judge import Judge
from support import lines

SAID = {"Yes": -0.5, " no": -1.5, "No": -2.5, "yes": -3.0, "Well": -4.0}


def telling(said: Mapping[str, float]) -> Any:
    """A handler that reports these first tokens, as both endpoints of vLLM and OpenAI do."""

    def handle(call: Call, payload: Json) -> Json:
        asked, choice = call.body, payload["choices"][0]
        if "top_logprobs" in asked:
            assert (asked["logprobs"], asked["top_logprobs"]) == (True, 20)
            tops = [{"token": token, "logprob": number, "bytes": []} for token, number in said.items()]
            choice["logprobs"] = {"content": [{"token": "Yes", "logprob": -0.5, "top_logprobs": tops}]}
        elif "logprobs" in asked and not asked.get("echo"):
            choice["logprobs"] = {"tokens": ["Yes"], "token_logprobs": [-0.5], "top_logprobs": [dict(said)]}
        return payload

    return handle


def echoing(call: Call, payload: Json) -> Json:
    """A handler that gives token i of a prompt the log-probability -i/10, as vLLM does for echo without generation."""
    assert call.body["max_tokens"] == 0
    assert call.body["echo"] is True
    ids = call.body["prompt"]
    payload["choices"][0]["logprobs"] = {"token_logprobs": [None, *(-i / 10 for i in range(1, len(ids)))]}
    return payload


@pytest.mark.parametrize("api", ["chat", "completions"])
def test_the_likeliest_first_tokens(api: str) -> None:
    with FaultServer(handler=telling(SAID)) as server:
        found = ask(server, replace(request(max_tokens=1), tops=20), api=api)
    assert [list(pair) for pair in found.tops] == [[token, number] for token, number in SAID.items()]
    assert found.completion_tokens == 1
    with FaultServer() as server:
        with pytest.raises(BackendError, match="gives no log-probabilities of its tokens") as caught:
            ask(server, replace(request(max_tokens=1), tops=20), api=api)
        assert not caught.value.retryable
        assert not ask(server, request(max_tokens=1), api=api).tops


@pytest.mark.parametrize("bos", [False, True])
def test_log_probabilities_of_a_text(bos: bool) -> None:
    words = Characters(bos=bos)
    with FaultServer(handler=echoing) as server:
        found = ask(server, request("abc", max_tokens=0), tokenizer=words, api="completions")
    start = len(words.encode(HELLO.text, special_tokens=not HELLO.templated))
    assert found.logprobs == pytest.approx([-(start + i) / 10 for i in range(3)])
    assert (found.prompt_tokens, found.completion_tokens) == (start + 3, 0)


def test_a_server_that_does_not_echo_is_refused() -> None:
    asked = request("abc", max_tokens=0)
    short: Json = {"token_logprobs": [None, -1.0]}
    for logprobs in (None, {}, short, {"token_logprobs": None}, {"token_logprobs": [None, "x"] * 40}):

        def handle(call: Call, payload: Json, logprobs: Any = logprobs) -> Json:
            payload["choices"][0]["logprobs"] = logprobs
            return payload

        with (
            FaultServer(handler=handle) as server,
            pytest.raises(BackendError, match="no log-probabilities of a prompt") as caught,
        ):
            ask(server, asked, tokenizer=Characters(), api="completions")
        assert not caught.value.retryable


def test_what_can_give_them_says_so() -> None:
    assert OpenAI("fake", base_url="http://127.0.0.1:9/v1", tokenizer="x").logprobs
    assert not OpenAI("fake", base_url="http://127.0.0.1:9/v1").logprobs
    assert not OpenAI("fake", base_url="http://127.0.0.1:9/v1", tokenizer="x", api="chat").logprobs


class Desk:
    """A desk that asks the backend."""

    problem: Any = None
    prompt = HELLO
    stop = ()
    calls = 0

    async def complete(self, asked: Any, backend: Any = None) -> Any:
        self.calls += 1
        return await backend.generate(asked)

    def render(self, messages: list[Message], backend: Any = None) -> Prompt:
        return Prompt("p", "q", messages[0]["content"], tuple(messages))


def scored(make: Any, server: FaultServer, text: str, **options: Any) -> tuple[Any, int]:
    async def once() -> Any:
        backend = OpenAI("fake", base_url=server.base_url, **options)
        if "tokenizer" in options:
            backend.tokenizer = Characters()
        desk: Any = Desk()
        try:
            return await make("", backend).score(Steps(HELLO, (text,), finished=True), desk), desk.calls
        finally:
            await backend.close()

    return asyncio.run(once())


def test_a_judge_asks_for_one_token() -> None:
    with FaultServer(handler=telling(SAID)) as server:
        found, count = scored(Judge, server, "It is 5.")
    yes, no = math.exp(-0.5) + math.exp(-3.0), math.exp(-1.5) + math.exp(-2.5)
    assert found.outcome == pytest.approx(yes / (yes + no))
    assert count == 1
    assert server.calls[0].body["max_tokens"] == 1


def test_a_judge_that_says_neither_is_compared_as_text_or_refused() -> None:
    def handle(call: Call, payload: Json) -> Json:
        if not call.body.get("echo"):
            return dict(telling({"Well": -0.1, "Yes": -3.0})(call, payload))
        ids = call.body["prompt"]
        number = -1.0 if ids[-1] == ord("s") else -2.0  # "Yes" has three characters, "No" has two
        payload["choices"][0]["logprobs"] = {"token_logprobs": [None, *[number] * (len(ids) - 1)]}
        return payload

    with FaultServer(handler=handle) as server:
        found, count = scored(Judge, server, "It is 5.", tokenizer="x")
        assert found.outcome == pytest.approx(1 / (1 + math.exp(-4.0 - -3.0)))
        assert count == 3
        with pytest.raises(BackendError, match="not both among the 20 likeliest"):
            scored(Judge, server, "It is 5.")


def test_confidence_over_a_server() -> None:
    with FaultServer(handler=echoing) as server:
        found, _ = scored(Confidence, server, "abcd", tokenizer="x")
    start = len(HELLO.text)
    assert found.steps == pytest.approx((math.exp(-(start + 1.5) / 10),))


def test_a_judge_on_servers_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The model under evaluation on one server, its verifier on two others: options of an engine go to the engine."""
    with (
        FaultServer() as policy,
        FaultServer(handler=telling(SAID)) as first,
        FaultServer(handler=telling(SAID)) as second,
    ):
        command = ["eval", "game24", "--model", "openai/fake", "-M", f"base_url={policy.base_url}", "--limit", "24",
                   "--strategy", "best_of_n", "-S", "n=2", "--verifier", "judge/fake", "-V",
                   f"base_url={first.base_url},{second.base_url}", "--output-dir", str(tmp_path)]  # fmt: skip
        assert main(command) == 0
        assert policy.answered == 48
        assert min(first.answered, second.answered) > 0
        assert all("top_logprobs" in call.body for server in (first, second) for call in server.calls)
    capsys.readouterr()
    [folder] = tmp_path.iterdir()
    billed = sum(problem["usage"]["verifier_calls"] for problem in lines(folder / "problems.jsonl"))
    responses = lines(folder / "responses.jsonl")
    # Equal responses of a problem are one question to the judge, billed each time.
    assert first.answered + second.answered == len({(line["problem_id"], line["text"]) for line in responses})
    assert billed == 48


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("sampels=2", "Option of verifier 'judge' 'sampels' is not known. Did you mean 'samples'?"),
        ("base_ulr=http://x", "Did you mean 'base_url'?"),
        ("base_url=nowhere", "base_url=nowhere is no address of a server."),
    ],
)
def test_a_wrong_option_of_a_judge_is_named(
    option: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["eval", "game24", "--model", "toy/default", "--strategy", "best_of_n", "--verifier", "judge/openai/x"]
    assert main([*command, "-V", option, "--limit", "2", "--output-dir", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err
