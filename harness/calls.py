"""The call log: resume, cache and accounting are one mechanism.

Every model or verifier call is a line of an append-only file, under a key made of everything that decides its answer:
the model's identity, the rendered prompt and prefix, the sampling parameters and the seed. A call whose key is known,
from this run or from a sibling in the same output folder, is answered from the log; usage is billed all the same, so
that tables do not depend on the state of a cache.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from harness import archive
from harness.core import Backend, BackendError, Completion, Request, Usage
from harness.files import LineWriter, digest, flat, repair_lines

Json = dict[str, Any]
KEY_LENGTH = 32
_PREFIX = b'{"key":"'
_REQUIRED = ("key", "result")
_PROBLEM = re.compile(rb'\{"key":"[^"]*","kind":"[^"]*","problem_id":("(?:[^"\\]|\\.)*")')


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a call that failed for a passing reason is tried again; waits double, with full jitter (seconds)."""

    attempts: int = 6
    first_wait: float = 0.5
    longest_wait: float = 60.0


class CallLog:
    """The calls of one run, with those of its siblings behind them.

    `siblings` are call logs of other runs under the same output folder and with the same model. `concurrency` bounds
    the calls under way at once. A sibling's answer is copied into this log, so that a run folder is whole by itself.
    """

    def __init__(
        self, path: Path, *, siblings: Sequence[Path] = (), concurrency: int = 64, retries: Retries | None = None
    ) -> None:
        self.repaired = repair_lines(path, _REQUIRED)
        self.hits = 0
        self.fresh = 0
        self._retries = retries or Retries()
        self._room = asyncio.Semaphore(concurrency)
        self._under_way: dict[bytes, asyncio.Future[Json]] = {}
        self._index: dict[bytes, tuple[int, int] | tuple[int, int, int]] = {}
        self._member = functools.lru_cache(maxsize=8)(archive.member)
        self._files: list[int] = []
        self._origins: list[str] = []
        self._own = sys.maxsize
        for sibling in siblings:
            self._open(sibling)
        self._own = len(self._files)
        self._writer = LineWriter(path)
        self.lines: Counter[str] = Counter()
        """How many calls of each problem this log held when it was opened."""
        self._appending = self._open(path)

    def _open(self, path: Path) -> int:
        """Index one log by the keys at the beginning of its lines; later files and lines win. Its packed part is a file
        of its own, whose lines are found by member and place in it."""
        packed = archive.archive_of(path)
        if packed.exists():
            number = self._register(packed, path)
            for member, data in archive.read(packed):
                self._index_lines(data.splitlines(keepends=True), number, member)
        number = self._register(path, path) if path.exists() else -1
        if number >= 0:
            with path.open("rb") as stream:
                self._index_lines(stream, number, None)
        return number

    def _register(self, file: Path, log: Path) -> int:
        self._files.append(os.open(file, os.O_RDONLY))
        self._origins.append(log.parent.name)
        return len(self._files) - 1

    def _index_lines(self, lines: Iterable[bytes], number: int, member: int | None) -> None:
        offset = 0
        for raw in lines:
            if raw.startswith(_PREFIX) and raw.endswith(b"}\n"):
                key = raw[len(_PREFIX) : len(_PREFIX) + KEY_LENGTH]
                self._index[key] = (number, offset) if member is None else (number, offset, member)
                if number >= self._own and (found := _PROBLEM.match(raw)):
                    self.lines[json.loads(found[1])] += 1
            offset += len(raw)

    def _find(self, key: bytes) -> tuple[Json, int] | None:
        """The logged result of a key and the file it stands in; None if it is not there or cannot be read."""
        place = self._index.get(key)
        if place is None:
            return None
        number, offset = place[:2]
        data = self._member(self._files[number], place[2])[offset:] if len(place) == 3 else self._line(number, offset)
        try:
            return json.loads(data[: data.index(b"\n") + 1])["result"], number
        except (ValueError, KeyError):
            return None

    def _line(self, number: int, offset: int) -> bytes:
        """The line at an offset, with what was read behind it."""
        data, size = b"", 1 << 13
        while b"\n" not in data:
            more = os.pread(self._files[number], size, offset + len(data))
            if not more:
                break
            data += more
            size *= 2
        return data

    async def call(self, key: str, about: Json, produce: Callable[[], Awaitable[Json]]) -> Json:
        """The result under `key`: from the log, from the same call under way, or produced now and logged.

        `about` is what a person reads in the log beside the result. Raises what `produce` raises, after retries."""
        raw = key.encode()
        found = self._find(raw)
        if found is not None:
            result, number = found
            self.hits += 1
            if number < self._own:
                self._append(raw, {"key": key, **about, "from": self._origins[number], "result": result})
            return result
        if raw in self._under_way:
            return await asyncio.shield(self._under_way[raw])
        future = asyncio.get_running_loop().create_future()
        self._under_way[raw] = future
        try:
            async with self._room:
                started = time.monotonic()
                result = await self._with_retries(produce)
                seconds = round(time.monotonic() - started, 4)
            self.fresh += 1
            self._append(raw, {"key": key, **about, "seconds": seconds, "result": result})
            future.set_result(result)
        except BaseException as error:
            if not isinstance(error, asyncio.CancelledError):
                future.set_exception(error)
                future.exception()  # whoever else waits sees it too; nobody waiting is not an error
            else:
                future.cancel()
            raise
        finally:
            del self._under_way[raw]
        return result

    def _append(self, key: bytes, record: Json) -> None:
        self._index[key] = (self._appending, self._writer.write(record))

    async def _with_retries(self, produce: Callable[[], Awaitable[Json]]) -> Json:
        """Try again what failed for a passing reason; how long to wait decides nothing but time, so it is random."""
        for attempt in range(self._retries.attempts):
            try:
                return await produce()
            except BackendError as error:
                if not error.retryable or attempt + 1 == self._retries.attempts:
                    raise
                wait = min(self._retries.longest_wait, self._retries.first_wait * 2**attempt) * random.random()  # noqa: S311
                await asyncio.sleep(max(wait, min(error.retry_after or 0.0, self._retries.longest_wait)))
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def settle(self) -> None:
        """Wait for the calls under way, whoever began them: what the engine has worked on is logged."""
        while self._under_way:
            await asyncio.wait(list(self._under_way.values()))
            await asyncio.sleep(0)

    def close(self) -> None:
        """Sync the log and let the files go."""
        self._writer.close()
        for descriptor in self._files:
            os.close(descriptor)


@dataclass(slots=True)
class Ledger:
    """What one problem was billed (`asked`) and what of it had to be generated in this session (`generated`)."""

    asked: Usage = field(default_factory=Usage)
    generated: Usage = field(default_factory=Usage)


class Toll(Protocol):
    """What watches over the engine calls of a command (`harness.limits`)."""

    def check(self) -> None:
        """Before a call: raises where no more may be begun."""

    def spend(self, usage: Usage) -> None:
        """After a call: what it used."""


class ProblemCalls:
    """The calls of one problem: keys them, bills them, and asks a backend for what is not in the log."""

    def __init__(self, log: CallLog, backend: Backend, problem_id: str, *, toll: Toll | None = None) -> None:
        self.ledger = Ledger()
        self._toll = toll
        self._log = log
        self.backend = backend
        self._digests: dict[int, tuple[Backend, str]] = {}
        self._problem_id = problem_id
        self.keys: set[str] = set()

    async def generate(self, request: Request) -> Completion:
        """One completion of the policy. Raises BackendError when the engine keeps failing."""
        return await self.call(self.backend, request, role="policy")

    async def call(self, backend: Backend, request: Request, *, role: str) -> Completion:
        """One completion of any model; all that is not the policy's is billed as the verifier's."""
        if request.sampling.max_tokens == 0 and not getattr(backend, "logprobs", False):
            name = backend.identity.get("backend", "this backend")
            raise BackendError(
                f"{name} gives no log-probabilities of a text. vllm and hf do, and openai with -M tokenizer=… where "
                "the server can.",
                retryable=False,
            )

        async def produce() -> Json:
            return flat(await backend.generate(request))

        about = {"prefix_chars": len(request.prefix)} | flat(request.sampling)
        about |= {"tops": request.tops} if request.tops else {}
        if id(backend) not in self._digests:
            self._digests[id(backend)] = backend, digest(backend.identity)
        key = request_key(self._digests[id(backend)][1], request, role=role)
        return Completion(**await self._logged(key, role, about, produce))

    async def measure(self, verifier: Mapping[str, Any], material: Any, produce: Callable[[], Awaitable[Json]]) -> Json:
        """One scoring call of a verifier of this identity, about `material`; its result holds `prompt_tokens`."""
        about = {"kind": "verifier", "model": digest(verifier), "material": material}
        return await self._logged(digest(about)[:KEY_LENGTH], "verifier", {}, produce)

    async def _logged(self, key: str, role: str, about: Json, produce: Callable[[], Awaitable[Json]]) -> Json:
        """The result of a call, from the log or made now, and billed."""
        fresh = False
        self.keys.add(key)

        async def noted() -> Json:
            nonlocal fresh
            if self._toll is not None:
                self._toll.check()
            result = await produce()
            fresh = True
            if self._toll is not None:
                self._toll.spend(billed(role, result))
            return result

        result = await self._log.call(key, {"kind": role, "problem_id": self._problem_id} | about, noted)
        usage = billed(role, result)
        self.ledger.asked += usage
        if fresh:
            self.ledger.generated += usage
        return result


def billed(role: str, result: Mapping[str, Any]) -> Usage:
    """The usage of one logged result: the policy's by kind of token, anybody else's as verifier tokens."""
    if role == "policy":
        return Usage.of(Completion(**result))
    read, written = result.get("prompt_tokens", 0), result.get("completion_tokens", 0)
    return Usage(verifier_calls=1, verifier_tokens=read + written, verifier_completion_tokens=written)


def request_key(model: str, request: Request, *, role: str = "policy") -> str:
    """The key of a call: 128 bits over role, model's identity digest, prompt, prefix, sampling parameters and seed."""
    prompt = request.prompt
    material: Mapping[str, Any] = {
        "kind": role,
        "model": model,
        "prompt": prompt.text if prompt.templated else [prompt.text, prompt.messages],
        "prefix": request.prefix,
        "sampling": flat(request.sampling),
        **({"tops": request.tops} if request.tops else {}),
        **({"ending": request.ending} if request.ending else {}),
    }
    return digest(material)[:KEY_LENGTH]
