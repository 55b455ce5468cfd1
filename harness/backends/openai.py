"""Any OpenAI-compatible server: vLLM, SGLang, llama.cpp, Ollama, hosted models.

    harness eval math500 --model openai/Qwen/Qwen2.5-Math-1.5B-Instruct -M base_url=http://localhost:8000/v1

One request is one HTTP call with its own seed. Nothing is retried here (`harness.calls` does that): every failure is a
BackendError that says whether trying again can help, and when.
"""

from __future__ import annotations

import asyncio
import difflib
import email.utils
import json
import os
import re
import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple

import httpx

from harness.core import Backend, BackendError, Completion, FinishReason, Message, Request, Tokenizer, UsageError
from harness.thinking import count_reported, joined
from harness.tokenizer import HFTokenizer

DEFAULT_URL = "http://localhost:8000/v1"
MAX_BODY = 64 * 2**20  # bytes read of one response: a longer one is no answer, and must not fill the memory
MAX_SAID = 300  # characters of the server's own words in a message
OWN_FIELDS = {"model", "messages", "prompt", "temperature", "top_p", "seed", "n", "best_of", "stop", "stream", "echo"}
OWN_FIELDS |= {"max_tokens", "max_completion_tokens"}
"""Fields of a request that accounting and the call log rely on: `extra_body` must leave them alone."""


class OpenAI(Backend):
    """A model behind an OpenAI-compatible server.

    `name` is the name under which it is served. A run renders prompts in one way only, settled here: with a `tokenizer`
    by this program, for the completions endpoint, which can continue a partial answer; otherwise by the server, through
    the chat endpoint, which continues one only where `continue_chat` says that it can.

    Options:
        base_url: address of the API; default: the variable OPENAI_BASE_URL, else http://localhost:8000/v1
        api: chat, completions, or auto: completions with a tokenizer, chat without
        tokenizer: path or hub name of the model's tokenizer; prompts are then rendered, and steps continued, exactly
        continue_chat: the chat endpoint honours continue_final_message (vLLM, SGLang); best for models that do not
            think, since some chat templates trim or drop parts of an earlier answer
        assume_eos: take "stop" for the end of the turn where the server does not say whether it met a stop string;
            wrong for step-wise strategies, right for all others
        api_key_env: environment variable that holds the API key
        timeout: seconds for one answer, from sending to the last byte
        connect_timeout: seconds for opening a connection
        concurrency: calls in flight, and connections kept open
        extra_body: JSON object added to every request, such as {"top_k": 20}; part of the model's identity
        revision: which weights the server holds (a training step, say); part of the model's identity, needed where one
            name serves different weights in turn: a finished call is never asked again under the same identity

    Raises UsageError for an option that cannot be right.
    """

    def __init__(
        self,
        name: str,
        *,
        base_url: str = "",
        api: str = "auto",
        tokenizer: str = "",
        continue_chat: bool = False,
        assume_eos: bool = False,
        api_key_env: str = "OPENAI_API_KEY",
        timeout: float = 600.0,
        connect_timeout: float = 10.0,
        concurrency: int = 32,
        extra_body: str = "",
        revision: str = "",
    ) -> None:
        if api not in ("auto", "chat", "completions"):
            raise UsageError(f"-M api={api} is not known. It is auto, chat or completions.")
        self._name = name
        self._url = _parse_url(base_url or os.environ.get("OPENAI_BASE_URL") or DEFAULT_URL)
        self._shown_url = str(self._url.copy_with(username=None, password=None, query=None, fragment=None)).rstrip("/")
        self._api = api if api != "auto" else "completions" if tokenizer else "chat"
        self._tokenizer_path = tokenizer
        self._assume_eos = assume_eos
        self._extra = _parse_extra(extra_body)
        self._key_env = api_key_env
        self._key = os.environ.get(api_key_env, "").strip()
        if not (self._key.isascii() and self._key.isprintable()):  # it could not stand in a header
            raise UsageError(f"The API key in the variable {api_key_env} holds characters that no key has.")
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        self._limit_field = "max_tokens"
        self._client: httpx.AsyncClient | None = None
        self.continues = self._api == "completions" or continue_chat
        self.concurrency = concurrency
        # The same model behind another port is the same model: the address is no part of what it is.
        served = {"model": name, "revision": revision}
        self.identity = {"backend": "openai", **served, "api": self._api, "extra_body": self._extra}
        self.environment = {"base_url": self._shown_url, "tokenizer": tokenizer or None}

    @cached_property
    def tokenizer(self) -> Tokenizer | None:
        """The model's tokenizer where one was named, loaded when it is first needed."""
        if not self._tokenizer_path:
            return None
        return HFTokenizer(self._tokenizer_path)

    async def generate(self, request: Request) -> Completion:
        """Complete one request. Raises BackendError; cancelling the task cancels the HTTP request."""
        path, sent = "chat/completions" if self._api == "chat" else self._api, self._limit_field
        reply = await self._call("POST", path, self._body(request))
        if self._api == "chat" and sent == "max_tokens" and reply.status == 400 and _wants_other_limit(reply):
            # Newer models of OpenAI refuse the old name. Requests already in flight each find out for themselves.
            self._limit_field = "max_completion_tokens"
            reply = await self._call("POST", path, self._body(request))
        if reply.status == 404:
            raise await self._not_found(reply)
        if reply.status != 200:
            raise self._failure(reply)
        return self._completion(request, reply)

    async def close(self) -> None:
        """Close the connections. A later call opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _body(self, request: Request) -> dict[str, Any]:
        """The JSON of one request: only fields that strict servers know, unless the user adds others."""
        sampling = request.sampling
        asked = self._chat_part(request) if self._api == "chat" else {"prompt": self._prompt(request)}
        return {
            **self._extra,
            "model": self._name,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            self._limit_field: sampling.max_tokens,
            "seed": sampling.seed,
            "n": 1,
            "stream": False,
            **({"stop": list(sampling.stop)} if sampling.stop else {}),
            **asked,
        }

    def _chat_part(self, request: Request) -> dict[str, Any]:
        """The conversation. What ends in the model's own words is to be continued, which not every server can."""
        messages = [*(request.prompt.messages or (Message(role="user", content=request.prompt.text),))]
        if request.prefix:
            begun = messages.pop()["content"] if messages[-1]["role"] == "assistant" else ""
            messages.append(Message(role="assistant", content=begun + request.prefix))
        if messages[-1]["role"] != "assistant":
            return {"messages": messages}
        if not self.continues:
            raise BackendError(
                f"The chat endpoint of {self._name!r} cannot continue a partial answer, which step-wise strategies "
                "need. Give -M tokenizer=PATH_OR_HUB_NAME to render prompts here for the completions endpoint, or "
                "-M continue_chat=true if the server is vLLM or SGLang.",
                retryable=False,
            )
        return {"messages": messages, "continue_final_message": True, "add_generation_prompt": False}

    def _prompt(self, request: Request) -> str | list[int]:
        """The rendered text, or its token ids where the server would put a second BOS before it.

        Servers add special tokens to text; the field that forbids it is vLLM's own, token ids are everybody's."""
        text = request.prompt.text + request.prefix
        tokenizer = self.tokenizer
        if request.prompt.templated and tokenizer is not None and tokenizer.encode("", special_tokens=True):
            return tokenizer.encode(text, special_tokens=False)
        return text

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> _Reply:
        """One HTTP exchange, whatever its status. Raises BackendError when there is none."""
        url = self._url.copy_with(path=f"{self._url.path.rstrip('/')}/{path}")
        content = None if body is None else json.dumps(body)
        try:
            # A deadline for the whole, because a server that sends a byte now and then passes every other time-out.
            async with asyncio.timeout(self._timeout), self._connect().stream(method, url, content=content) as answer:
                return _Reply(answer.status_code, answer.headers, await _read(answer))
        except TimeoutError as error:
            raise BackendError(f"{self._shown_url} did not answer within {self._timeout:g} s.") from error
        except httpx.RequestError as error:
            detail = self._clean(str(error)) or type(error).__name__
            raise BackendError(f"No answer from {self._shown_url}: {detail}.") from error

    def _connect(self) -> httpx.AsyncClient:
        """The client, made in the loop that uses it."""
        if self._client is None:
            authorization = {"Authorization": f"Bearer {self._key}"} if self._key else {}
            self._client = httpx.AsyncClient(
                headers={"Content-Type": "application/json"} | authorization,
                timeout=httpx.Timeout(None, connect=self._connect_timeout),
                # No bound on open connections: a call that waited for one here would spend its time-out on waiting.
                # An idle one is left before uvicorn (vLLM, SGLang) closes it, after 5 s, under the next request.
                limits=httpx.Limits(max_keepalive_connections=self.concurrency, keepalive_expiry=4.0),
                # A proxy of the environment is never the way to this very machine.
                trust_env=self._url.host not in {"localhost", "127.0.0.1", "::1"},
            )
        return self._client

    def _completion(self, request: Request, reply: _Reply) -> Completion:
        """The answer in a reply of status 200. Raises BackendError for anything that is none."""
        payload = reply.parsed
        try:
            choice = payload["choices"][0]
            message = choice["message"] if self._api == "chat" else {"content": choice["text"]}
            content = message.get("content") or message.get("refusal") or ""
            reasoning = message.get("reasoning") or message.get("reasoning_content") or ""
            if not (isinstance(content, str) and isinstance(reasoning, str)):
                raise TypeError
        except (LookupError, TypeError, AttributeError):
            raise BackendError(f"{self._shown_url} sent no answer, but {self._clean(reply.said)!r}.") from None
        finish, stop = self._finish(choice, request)
        text = joined(request, reasoning, content, finish)
        usage = payload.get("usage")
        prompt_tokens, completion_tokens = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
        if prompt_tokens is None or completion_tokens is None:
            prompt_tokens, completion_tokens = self._count_here(request, text)
        reported = _count(usage, "completion_tokens_details", "reasoning_tokens")
        count = None if self.tokenizer is None else self._tokens
        thinking, gap, by = count_reported(reported, text, completion_tokens, count, request)
        return Completion(
            text=text.encode("utf-8", "replace").decode(),  # JSON can carry half a surrogate pair
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            finish_reason=finish,
            stop=stop,
            cached_prompt_tokens=min(_count(usage, "prompt_tokens_details", "cached_tokens") or 0, prompt_tokens),
            thinking_tokens=thinking,
            gap_tokens=gap,
            thinking_by=by,
        )

    def _finish(self, choice: dict[str, Any], request: Request) -> tuple[FinishReason, str | None]:
        """Why the answer ended, and the stop string that was met.

        OpenAI's "stop" means a stop string or the end of the turn. vLLM (`stop_reason`) and SGLang (`matched_stop`) say
        which; where nobody says, it counts as the end of the turn, but not where steps may depend on the difference."""
        reason = choice.get("finish_reason")
        if reason == "length":
            return "length", None
        if reason != "stop":
            raise BackendError(
                f"{self._shown_url} ended the answer with {self._clean(str(reason))!r}: neither finished nor cut.",
                retryable=reason in ("abort", "error"),  # the engine's trouble, not this request's
            )
        met = choice.get("stop_reason", choice.get("matched_stop"))
        if isinstance(met, str) and met in request.sampling.stop:
            return "stop", met
        silent = not {"stop_reason", "matched_stop"} & choice.keys()
        if silent and request.sampling.stop and self.continues and not self._assume_eos:
            raise BackendError(
                f"{self._shown_url} does not say whether a stop string ended an answer, so steps cannot be told from "
                "whole answers. Use a server that reports stop_reason (vLLM, SGLang), or give "
                "-M assume_eos=true for strategies without steps.",
                retryable=False,
            )
        return "eos", None

    def _count_here(self, request: Request, text: str) -> tuple[int, int]:
        """Prompt and completion tokens where the server reports none. Raises BackendError without a tokenizer."""
        prompt, tokenizer = request.prompt, self.tokenizer
        if tokenizer is None:
            raise BackendError(
                f"{self._shown_url} reports no token usage, so its answers cannot be accounted for. Give -M tokenizer="
                "PATH_OR_HUB_NAME to count tokens here (with -M api=chat to stay on the chat endpoint).",
                retryable=False,
            )
        asked = tokenizer.encode(prompt.text + request.prefix, special_tokens=not prompt.templated)
        return len(asked), self._tokens(text)

    def _tokens(self, text: str) -> int:
        """The tokens of a text by the tokenizer that was named."""
        return len(self.tokenizer.encode(text, special_tokens=False)) if self.tokenizer is not None else 0

    def _failure(self, reply: _Reply) -> BackendError:
        """What a status other than 200 and 404 means."""
        status, said = reply.status, self._clean(reply.said)
        told = f"{self._shown_url} answered {status}: {said}"
        # An account that is used up gets the status of "too fast", but waiting does not help it.
        if (status in {408, 409, 425, 429} or status >= 500) and b"insufficient_quota" not in reply.content:
            return BackendError(told, retryable=True, retry_after=_retry_after(reply.headers.get("retry-after", "")))
        if status in {401, 403}:
            told += f". Put a valid key into the variable {self._key_env}, or name another with -M api_key_env=NAME."
        if status in {400, 413, 422} and _too_long(reply):
            told = f"Prompt and answer do not fit into the context of {self._name!r}: {said}. Lower --max-tokens."
        return BackendError(told, retryable=False)

    async def _not_found(self, reply: _Reply) -> BackendError:
        """A 404 in the words of what the server does have."""
        told = f"{self._shown_url} has no model {self._name!r}: {self._clean(reply.said)}"
        try:
            served = [str(model["id"]) for model in (await self._call("GET", "models")).parsed["data"]]
        except (BackendError, LookupError, TypeError):
            return BackendError(f"{told}. Does -M base_url end in /v1?", retryable=False)
        nearest = difflib.get_close_matches(self._name, served, n=3, cutoff=0.0)
        return BackendError(f"{told}. It serves {self._clean(', '.join(nearest)) or 'none'}.", retryable=False)

    def _clean(self, text: str) -> str:
        """A server's words fit for a terminal: one short line, no control characters, no secrets."""
        for secret in filter(None, (self._key, self._url.password)):
            text = text.replace(secret, "***")
        text = " ".join("".join(c if c.isprintable() else " " for c in text[: 16 * MAX_SAID]).split())
        return (text if len(text) <= MAX_SAID else text[: MAX_SAID - 1] + "…").rstrip(".")


class _Reply(NamedTuple):
    """A response that was read to its end."""

    status: int
    headers: httpx.Headers
    content: bytes

    @property
    def parsed(self) -> Any:
        """The body, None where it is not JSON."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):  # RecursionError: a body of a million brackets
            return None

    @property
    def said(self) -> str:
        """The server's own message, from the places where servers put it; else the beginning of the body."""
        found = self.parsed
        while isinstance(found, dict) and (named := [k for k in ("error", "message", "detail") if found.get(k)]):
            found = found[named[0]]
        if isinstance(found, str):
            return found
        return re.sub(r"<[^>]*>", " ", self.content[:4096].decode("utf-8", "replace"))


async def _read(response: httpx.Response) -> bytes:
    """The whole body. Raises BackendError when it is longer than any answer can be."""
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > MAX_BODY:
            raise BackendError(f"The server's answer is longer than {MAX_BODY} bytes.", retryable=False)
    return bytes(content)


def _count(usage: Any, *path: str) -> int | None:
    """A token count of the usage block, None where the server does not give it."""
    for key in path:
        usage = usage.get(key) if isinstance(usage, dict) else None
    return usage if isinstance(usage, int) and not isinstance(usage, bool) and usage >= 0 else None


def _too_long(reply: _Reply) -> bool:
    """Whether the server complains about the length of prompt and answer."""
    pattern = rb"context[ _](length|window|size)|maximum context|(prompt|input|_tokens)\b.{0,60} too (long|large)"
    return re.search(pattern, reply.content, re.IGNORECASE) is not None


def _wants_other_limit(reply: _Reply) -> bool:
    """Whether the server asks for `max_completion_tokens`, and not for a lower limit."""
    asks = re.search(rb"max_completion_tokens|max_tokens.{0,60}support", reply.content)
    return asks is not None and not _too_long(reply)


def _retry_after(value: str) -> float | None:
    """Seconds to wait from a Retry-After header, which holds seconds or a date; None where it holds neither."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return max(seconds, 0.0) if abs(seconds) < float("inf") else None  # NaN is no number of seconds


def _parse_url(text: str) -> httpx.URL:
    """The address of the API. Raises UsageError."""
    try:
        url = httpx.URL(text.strip())
        if url.scheme in {"http", "https"} and url.host:
            return url
    except httpx.InvalidURL:
        pass
    shown = re.sub(r"//[^/]*@", "//", text)
    raise UsageError(f"-M base_url={shown} is no address of a server. It looks like {DEFAULT_URL}.")


def _parse_extra(text: str) -> dict[str, Any]:
    """The extra fields of every request. Raises UsageError."""
    try:
        extra = json.loads(text or "{}", parse_constant=int)  # int("NaN") is a ValueError: NaN is no JSON
    except ValueError:
        extra = None
    if not isinstance(extra, dict):
        raise UsageError(f"-M extra_body={text} is no JSON object. It looks like -M 'extra_body={{\"top_k\": 20}}'.")
    if taken := sorted(OWN_FIELDS & extra.keys()):
        raise UsageError(f"-M extra_body sets {', '.join(taken)}, which the harness sets for every request itself.")
    return extra
