"""One model on several engines: which of them answers a request, and what happens when one dies.

Requests of one problem share most of their prompt, so they go to the same engine, whose prefix cache then holds it,
unless that engine has clearly more to do than another (rendezvous hashing, bounded by load; Mirrokni et al., 2018,
"Consistent Hashing with Bounded Loads"). What is asked does not depend on who answers: seeds come from the request.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from harness.core import Backend, BackendError, Completion, Request, Tokenizer

FIRST_REST, LONGEST_REST = 1.0, 60.0  # seconds that an engine which failed is left alone; doubling
Engine = TypeVar("Engine")
Answer = TypeVar("Answer")


def addresses(text: str) -> list[str]:
    """The addresses in `URL,URL`: several servers of one model."""
    return [url for part in text.split(",") if (url := part.strip())]


@dataclass(slots=True)
class _Replica(Generic[Engine]):
    """An engine and what is known of its state."""

    engine: Engine
    name: str
    in_flight: int = 0
    answered: int = 0
    failed: int = 0
    in_a_row: int = 0
    rests_until: float = 0.0


class Router(Generic[Engine]):
    """Several engines of the same model, whatever they are: which of them is asked, and what happens when it fails.

    `names` tell them apart in messages and decide nothing else; `capacity` is how many calls one of them likes to have
    in flight."""

    def __init__(self, engines: Sequence[Engine], names: Sequence[str], capacity: int) -> None:
        self._replicas = [_Replica(engine, name) for engine, name in zip(engines, names, strict=True)]
        self._slack = max(2, capacity // 4)

    @property
    def engines(self) -> list[Engine]:
        """All of them."""
        return [replica.engine for replica in self._replicas]

    @property
    def answered(self) -> dict[str, int]:
        """How many calls each engine has answered."""
        return {replica.name: replica.answered for replica in self._replicas}

    async def call(self, affinity: str, ask: Callable[[Engine], Awaitable[Answer]]) -> Answer:
        """What the engine answers that suits `affinity` (a problem); where it fails, the next one. Raises BackendError
        where every engine fails, and at once where one refuses for good."""
        tried: list[_Replica[Engine]] = []
        while True:
            replica = self._choose(affinity, tried)
            replica.in_flight += 1
            try:
                answer = await ask(replica.engine)
            except BackendError as error:
                if not error.retryable:
                    raise
                self._rest(replica, error)
                tried.append(replica)
                if len(tried) == len(self._replicas):
                    raise
            else:
                replica.answered += 1
                replica.in_a_row = 0
                return answer
            finally:
                replica.in_flight -= 1

    def _choose(self, affinity: str, tried: Sequence[_Replica[Engine]]) -> _Replica[Engine]:
        """The first in the problem's own order of engines that is at work and not clearly busier than another."""
        now = time.monotonic()
        left = [replica for replica in self._replicas if replica not in tried]
        awake = [replica for replica in left if replica.rests_until <= now] or left
        most = min(replica.in_flight for replica in awake) + self._slack
        order = sorted(awake, key=lambda replica: _weight(affinity, replica.name), reverse=True)
        return next(replica for replica in order if replica.in_flight <= most)

    def _rest(self, replica: _Replica[Engine], error: BackendError) -> None:
        """Leave an engine alone for a while; the next call after it finds out whether it is back."""
        wait = min(LONGEST_REST, FIRST_REST * 2.0**replica.in_a_row)
        replica.failed += 1
        replica.in_a_row += 1
        replica.rests_until = time.monotonic() + max(wait, min(error.retry_after or 0.0, LONGEST_REST))


class Replicas:
    """Several backends of the same model as one. `names` as in Router.

    Raises BackendError where every engine fails a request, which the call log then tries again later; what an engine
    refuses for good is not asked of another."""

    def __init__(self, backends: Sequence[Backend], names: Sequence[str]) -> None:
        first = backends[0]
        self._router = Router(backends, names, first.concurrency)
        self.identity: Mapping[str, Any] = first.identity
        self.environment: Mapping[str, Any] = {**first.environment, "replicas": list(names)}
        self.continues = first.continues
        self.logprobs = first.logprobs
        self.tops = getattr(first, "tops", 0)
        self.concurrency = sum(backend.concurrency for backend in backends)

    @property
    def tokenizer(self) -> Tokenizer | None:
        """The model's tokenizer."""
        return self._router.engines[0].tokenizer

    @property
    def answered(self) -> dict[str, int]:
        """How many requests each engine has answered."""
        return self._router.answered

    async def generate(self, request: Request) -> Completion:
        """One completion, by the engine that suits it; where one fails, by the next."""
        return await self._router.call(request.prompt.problem_id, lambda backend: backend.generate(request))

    async def close(self) -> None:
        """Let all engines go."""
        for backend in self._router.engines:
            await backend.close()


def _weight(affinity: str, name: str) -> bytes:
    """Of rendezvous hashing: the engine with the greatest weight is the problem's own."""
    return hashlib.sha256(f"{affinity}\0{name}".encode("utf-8", "surrogatepass")).digest()
