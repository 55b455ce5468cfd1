"""An OpenAI-compatible server for tests, standard library only, that fails on purpose.

    with FaultServer(lambda prompt, seed: rf"So \\boxed{{{seed % 3}}}", faults={"500": 0.1, "drop": 0.1}) as server:
        backend = OpenAI("fake", base_url=server.base_url)
        ...
    assert server.answered == calls_in_the_log and server.faults["500"] == ...

It serves /v1/chat/completions, /v1/completions and /v1/models in a thread with a loop of its own. An answer depends on
the prompt text and the seed alone (at temperature 0 on the prompt text alone), with real token numbers: a token is a
word with the white space before it, and the end of the turn is one token more.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import random
import re
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

FAULTS = ("stall", "drop", "reset", "truncated", "429", "500", "garbage", "html")
"""What can go wrong with a request:

stall: no answer until the client gives up       drop: the connection is closed inside a chunked answer
reset: the connection is reset before any byte   truncated: Content-Length promises more than comes
429: too many requests, with Retry-After: 0      500: an internal error, as JSON
garbage: status 200 and half a JSON document     html: status 200 and a page for people
"""

Json = dict[str, Any]
Answer = Callable[[str, int], str]


def steps(prompt: str, seed: int) -> str:
    """The default answer: three steps and a boxed digit; a prompt that holds some of the steps gets the others."""
    digit = int.from_bytes(hashlib.sha256(f"{seed}".encode()).digest()[:4], "big") % 10
    whole = [f"Step {i}: we look at it from side {i}.\n\n" for i in (1, 2, 3)]
    return "".join(whole[prompt.count("Step ") :]) + rf"The answer is \boxed{{{digit}}}."


def tokens(text: str) -> list[str]:
    """The tokens of a text; their concatenation is the text."""
    return re.findall(r"\s*\S+|\s+", text)


@dataclass
class Call:
    """A request as it arrived, and what became of it; `connection` numbers the connections in their order."""

    number: int
    connection: int
    method: str
    path: str
    headers: Mapping[str, str]
    body: Json
    fault: str | None = None
    answered: bool = False

    @property
    def prompt(self) -> str:
        """What the model reads: the prompt of a completion, the contents of a conversation's turns."""
        prompt = self.body.get("prompt")
        if isinstance(prompt, list):  # token ids
            return " ".join(map(str, prompt))
        return prompt if prompt is not None else "\n".join(m["content"] for m in self.body.get("messages", ()))


@dataclass(frozen=True)
class Reply:
    """A response spelled out by a `handler`; a body of bytes is sent as it is."""

    status: int = 200
    body: Any = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Call, Json], Reply | Json]


class FaultServer:
    """A context manager that serves while it is open.

    answer: (prompt text, seed) -> the model's whole text, before stop strings and max_tokens cut it
    handler: (call, the response the server would send) -> the response it sends: the same object, changed, or a Reply
    faults: either a script, whose i-th entry is the fault of the i-th request (None: it is served; after the end of
        the script all are), or shares, as {"500": 0.1}, drawn by a generator with `seed` in the order of arrival
    model: the name it serves; another one is answered with 404
    pooling: (path, token ids) -> what a reward model says, an entry of the answer's data; with it there are /pooling
        and /classify
    hold: answers are held back until so many requests have arrived, which shows that they are sent side by side

    What happened, also after closing: `calls` (every request), `answered` (completions sent with status 200), `faults`
    (a counter of faults committed), `usage` (tokens of what was answered), `gave_up` (requests whose client left before
    its answer).
    """

    def __init__(
        self,
        answer: Answer = steps,
        handler: Handler = lambda call, payload: payload,
        *,
        faults: Sequence[str | None] | Mapping[str, float] = (),
        seed: int = 0,
        model: str = "fake",
        hold: int = 0,
        pooling: Callable[[str, list[int]], Json] | None = None,
    ) -> None:
        unknown = {fault for fault in faults if fault is not None} - set(FAULTS)
        assert not unknown, f"unknown faults: {unknown}"
        self.calls: list[Call] = []
        self.answered = 0
        self.gave_up = 0
        self.faults: Counter[str] = Counter()
        self.usage: Counter[str] = Counter()
        self.base_url = ""
        self._answer = answer
        self._handler = handler
        self._plan = faults
        self._random = random.Random(seed)
        self._model = model
        self._hold = hold
        self._pooling = pooling
        self._changed = threading.Condition()
        self._connections: set[asyncio.Task[None]] = set()
        self._connected = 0

    # ------------------------------------------------------------------------------------------------- the test's side

    def __enter__(self) -> FaultServer:
        started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(started)), name="fault-server")
        self._thread.start()
        started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()

    def wait_for(self, condition: Callable[[FaultServer], bool], timeout: float = 10.0) -> None:
        """Block until something is true of the server; AssertionError if it does not come to be."""
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self), timeout), "the server never came to that state"

    # ----------------------------------------------------------------------------------------------- the server's side

    async def _serve(self, started: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._closing = asyncio.Event()
        self._full = asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        started.set()
        await self._closing.wait()
        server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await server.wait_closed()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """All requests of one connection."""
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        self._connected += 1
        connection = self._connected
        try:
            while (call := await self._receive(reader, connection)) is not None and await self._respond(
                call, reader, writer
            ):
                pass
        except (asyncio.CancelledError, ConnectionError, asyncio.IncompleteReadError):
            pass  # the test is over, or the client left
        finally:
            writer.transport.abort()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
            self._connections.discard(task)

    async def _receive(self, reader: asyncio.StreamReader, connection: int) -> Call | None:
        """The next request of a connection, None at its end."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError:
            return None
        first, *lines = head.strip().split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        with self._changed:
            call = Call(len(self.calls), connection, method, path, headers, json.loads(body or b"{}"))
            call.fault = self._draw(call) if method == "POST" else None
            self.calls.append(call)
            self._changed.notify_all()
        if len(self.calls) >= self._hold:
            self._full.set()
        return call

    def _draw(self, call: Call) -> str | None:
        """The fault planned for a request. The n-th completion asked for meets the n-th fault of the plan."""
        if not isinstance(self._plan, Mapping):
            number = sum(earlier.method == "POST" for earlier in self.calls)
            return self._plan[number] if number < len(self._plan) else None
        names = list(self._plan)
        shares = [self._plan[name] for name in names]
        return self._random.choices([*names, None], [*shares, 1 - sum(shares)])[0]

    async def _respond(self, call: Call, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request, or fail as planned; whether the connection can be used again."""
        await self._full.wait()
        if call.fault is not None:
            return await self._fail(call, reader, writer)
        payload, status = self._payload(call)
        reply = self._handler(call, payload) if status == 200 else Reply(status, payload)
        reply = reply if isinstance(reply, Reply) else Reply(200, reply)
        with self._changed:  # before sending: a test that has its answer finds it counted
            if reader.at_eof():
                self.gave_up += 1
            elif call.method == "POST" and reply.status == 200:
                call.answered = True
                self.answered += 1
                usage = payload.get("usage")
                numbers = usage.items() if isinstance(usage, dict) else ()
                self.usage.update({name: count for name, count in numbers if isinstance(count, int)})
            self._changed.notify_all()
        await _send(writer, reply)
        return True

    async def _fail(self, call: Call, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Commit the fault of a call."""
        with self._changed:
            self.faults[call.fault or ""] += 1
            self._changed.notify_all()
        whole = json.dumps(self._payload(call)[0]).encode()
        if call.fault == "stall":
            with contextlib.suppress(ConnectionError):
                await reader.read(1)
            with self._changed:
                self.gave_up += 1
                self._changed.notify_all()
        elif call.fault == "reset":
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif call.fault == "drop":
            half = whole[: len(whole) // 2]
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            await _flush(writer, head + b"%x\r\n%b\r\n" % (len(half), half))
        elif call.fault == "truncated":
            await _send(writer, Reply(200, whole[:-20], {"Content-Length": str(len(whole))}), flush=True)
        else:
            await _send(writer, _FAILURES[call.fault or ""](whole))
            return True
        return False

    def _payload(self, call: Call) -> tuple[Json, int]:
        """What a server without faults would send, and its status."""
        if call.method == "GET" and call.path == "/v1/models":
            return {"object": "list", "data": [{"id": self._model, "object": "model"}]}, 200
        if call.method == "POST" and call.path in ("/pooling", "/classify") and self._pooling is not None:
            ids = call.body["input"]
            usage = {"prompt_tokens": len(ids), "completion_tokens": 0, "total_tokens": len(ids)}
            entry = {"index": 0, **self._pooling(call.path, ids)}
            return {"id": f"pool-{call.number}", "model": self._model, "data": [entry], "usage": usage}, 200
        chat = call.path == "/v1/chat/completions"
        if call.method != "POST" or not (chat or call.path == "/v1/completions"):
            return {"detail": "Not Found"}, 404
        body = call.body
        if body.get("model") != self._model:
            return {"error": {"message": f"The model `{body.get('model')}` does not exist.", "code": 404}}, 404
        text, finish, stop, count = self._generate(call.prompt, body)
        choice: Json = {"index": 0, "finish_reason": finish, "stop_reason": stop}
        choice |= {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
        asked = len(tokens(call.prompt))
        usage = {"prompt_tokens": asked, "completion_tokens": count, "total_tokens": asked + count}
        return {"id": f"call-{call.number}", "model": self._model, "choices": [choice], "usage": usage}, 200

    def _generate(self, prompt: str, body: Json) -> tuple[str, str, str | None, int]:
        """Text, finish reason, the stop string met, completion tokens."""
        seed = body.get("seed", 0) if body.get("temperature", 1.0) > 0 else 0
        whole = tokens(self._answer(prompt, seed))
        limit = int(body.get("max_completion_tokens") or body.get("max_tokens") or 16)
        text = "".join(whole[:limit])
        met = [(text.index(stop), stop) for stop in body.get("stop") or () if stop in text]
        if met:
            at, stop = min(met)
            return text[:at], "stop", stop, len(tokens(text[: at + len(stop)]))
        if len(whole) >= limit:
            return text, "length", None, limit
        return text, "stop", None, len(whole) + 1


_FAILURES: dict[str, Callable[[bytes], Reply]] = {
    "429": lambda whole: Reply(429, {"error": {"message": "Too many requests.", "code": 429}}, {"Retry-After": "0"}),
    "500": lambda whole: Reply(500, {"error": {"message": "The engine stumbled.", "code": 500}}),
    "garbage": lambda whole: Reply(200, whole[: len(whole) // 2]),
    "html": lambda whole: Reply(200, b"<html><body>Welcome</body></html>", {"Content-Type": "text/html"}),
}


async def _send(writer: asyncio.StreamWriter, reply: Reply, *, flush: bool = False) -> None:
    """Write one whole response."""
    body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **reply.headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {reply.status} Test\r\n{head}\r\n".encode("latin-1") + body)
    await writer.drain()
    if flush:
        await _flush(writer, b"")


async def _flush(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Write, and end the stream after it: what was written arrives before the connection goes."""
    writer.write(data)
    await writer.drain()
    writer.write_eof()
