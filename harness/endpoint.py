"""One HTTP server that holds a model: the exchange itself, its limits, and what a failure means.

Nothing is retried here (`harness.calls` does that): every failure is a BackendError that says whether trying again can
help, and when.
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
from typing import Any, NamedTuple

import httpx

from harness.core import BackendError, UsageError

DEFAULT_URL = "http://localhost:8000/v1"
MAX_BODY = 64 * 2**20  # bytes read of one response: a longer one is no answer, and must not fill the memory
MAX_SAID = 300  # characters of the server's own words in a message


class Endpoint:
    """The address of an API and the connections to it.

    `url`: the API's address (empty: the variable OPENAI_BASE_URL, else DEFAULT_URL); `key_env`: the environment
    variable that holds the key; `timeout`, `connect_timeout` in seconds; `concurrency`: connections kept; `letter`:
    how the user spells options, for messages. Raises UsageError for an address or a key that cannot be right."""

    def __init__(
        self,
        name: str,
        url: str = "",
        *,
        key_env: str = "OPENAI_API_KEY",
        timeout: float = 600.0,
        connect_timeout: float = 10.0,
        concurrency: int = 32,
        letter: str = "-M",
    ) -> None:
        self._name, self._letter = name, letter
        self._url = _parse_url(url or os.environ.get("OPENAI_BASE_URL") or DEFAULT_URL, letter)
        self.shown = str(self._url.copy_with(username=None, password=None, query=None, fragment=None)).rstrip("/")
        self._key_env = key_env
        self._key = os.environ.get(key_env, "").strip()
        if not (self._key.isascii() and self._key.isprintable()):  # it could not stand in a header
            raise UsageError(f"The API key in the variable {key_env} holds characters that no key has.")
        self._timeout, self._connect_timeout, self._kept = timeout, connect_timeout, concurrency
        self._client: httpx.AsyncClient | None = None

    async def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, beside: bool = False
    ) -> Reply:
        """One HTTP exchange, whatever its status; `beside` /v1 where a server has what is not OpenAI's. Raises
        BackendError when there is none."""
        base = self._url.path.rstrip("/")
        url = self._url.copy_with(path=f"{base.removesuffix('/v1') if beside else base}/{path}")
        content = None if body is None else json.dumps(body)
        try:
            # A deadline for the whole, because a server that sends a byte now and then passes every other time-out.
            async with asyncio.timeout(self._timeout), self._connect().stream(method, url, content=content) as answer:
                return Reply(answer.status_code, answer.headers, await _read(answer))
        except TimeoutError as error:
            raise BackendError(f"{self.shown} did not answer within {self._timeout:g} s.") from error
        except httpx.RequestError as error:
            detail = self.clean(str(error)) or type(error).__name__
            raise BackendError(f"No answer from {self.shown}: {detail}.") from error

    async def close(self) -> None:
        """Close the connections. A later call opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def _connect(self) -> httpx.AsyncClient:
        """The client, made in the loop that uses it."""
        if self._client is None:
            authorization = {"Authorization": f"Bearer {self._key}"} if self._key else {}
            self._client = httpx.AsyncClient(
                headers={"Content-Type": "application/json"} | authorization,
                timeout=httpx.Timeout(None, connect=self._connect_timeout),
                # No bound on open connections: a call that waited for one here would spend its time-out on waiting.
                # An idle one is left before uvicorn (vLLM, SGLang) closes it, after 5 s, under the next request.
                limits=httpx.Limits(max_keepalive_connections=self._kept, keepalive_expiry=4.0),
                # A proxy of the environment is never the way to this very machine.
                trust_env=self._url.host not in {"localhost", "127.0.0.1", "::1"},
            )
        return self._client

    def failure(self, reply: Reply) -> BackendError:
        """What a status other than 200 and 404 means."""
        status, said = reply.status, self.clean(reply.said)
        told = f"{self.shown} answered {status}: {said}"
        # An account that is used up gets the status of "too fast", but waiting does not help it.
        if (status in {408, 409, 425, 429} or status >= 500) and b"insufficient_quota" not in reply.content:
            return BackendError(told, retryable=True, retry_after=_retry_after(reply.headers.get("retry-after", "")))
        if status in {401, 403}:
            told += f". Put a valid key into the variable {self._key_env}, or name another with "
            told += f"{self._letter} api_key_env=NAME."
        if status in {400, 413, 422} and too_long(reply):
            told = f"Prompt and answer do not fit into the context of {self._name!r}: {said}. Lower --max-tokens."
        return BackendError(told, retryable=False)

    async def not_found(self, reply: Reply) -> BackendError:
        """A 404 in the words of what the server does have."""
        told = f"{self.shown} has no model {self._name!r}: {self.clean(reply.said)}"
        try:
            served = [str(model["id"]) for model in (await self.call("GET", "models")).parsed["data"]]
        except (BackendError, LookupError, TypeError):
            return BackendError(f"{told}. Does {self._letter} base_url end in /v1?", retryable=False)
        nearest = difflib.get_close_matches(self._name, served, n=3, cutoff=0.0)
        return BackendError(f"{told}. It serves {self.clean(', '.join(nearest)) or 'none'}.", retryable=False)

    def clean(self, text: str) -> str:
        """A server's words fit for a terminal: one short line, no control characters, no secrets."""
        for secret in filter(None, (self._key, self._url.password)):
            text = text.replace(secret, "***")
        text = " ".join("".join(c if c.isprintable() else " " for c in text[: 16 * MAX_SAID]).split())
        return (text if len(text) <= MAX_SAID else text[: MAX_SAID - 1] + "…").rstrip(".")


class Reply(NamedTuple):
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


def too_long(reply: Reply) -> bool:
    """Whether the server complains about the length of prompt and answer."""
    pattern = rb"context[ _](length|window|size)|maximum context|(prompt|input|_tokens)\b.{0,60} too (long|large)"
    return re.search(pattern, reply.content, re.IGNORECASE) is not None


async def _read(response: httpx.Response) -> bytes:
    """The whole body. Raises BackendError when it is longer than any answer can be."""
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > MAX_BODY:
            raise BackendError(f"The server's answer is longer than {MAX_BODY} bytes.", retryable=False)
    return bytes(content)


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


def _parse_url(text: str, letter: str) -> httpx.URL:
    """The address of the API. Raises UsageError."""
    try:
        url = httpx.URL(text.strip())
        if url.scheme in {"http", "https"} and url.host:
            return url
    except httpx.InvalidURL:
        pass
    shown = re.sub(r"//[^/]*@", "//", text)
    raise UsageError(f"{letter} base_url={shown} is no address of a server. It looks like {DEFAULT_URL}.")
