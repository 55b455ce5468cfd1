"""Calls of the OpenAI backend, for its tests: one backend a call, over real HTTP on the loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from fault_server import Call, FaultServer, Reply
from harness.backends.openai import OpenAI
from harness.core import BackendError, Completion, Message, Prompt, Request, Sampling

T = TypeVar("T")
KEY = "sk-very-secret-0123456789"
HELLO = Prompt(
    "p1", "1+1?", "Q: 1+1?\nA:", (Message(role="system", content="Be brief."), Message(role="user", content="1+1?"))
)


class Characters:
    """A tokenizer whose tokens are characters; with `bos` it puts token 1 before a text."""

    has_chat_template = True

    def __init__(self, bos: bool = False) -> None:
        self.bos = bos

    def render(self, messages: Any) -> str:
        return "".join(m["content"] for m in messages)

    def encode(self, text: str, *, special_tokens: bool) -> list[int]:
        return [1] * (self.bos and special_tokens) + [ord(c) for c in text]

    def prompt_ids(self, text: str, prefix: str, *, templated: bool) -> list[int]:
        return self.encode(text + prefix, special_tokens=not templated)

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
