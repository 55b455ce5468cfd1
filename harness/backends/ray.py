"""Several engines under Ray, on one machine or a cluster: `--model ray/NAME --replicas 4 [--ray-address HOST:PORT]`.

Each replica is an actor that holds another backend (`-M engine=vllm`, with `-M args=dtype=float32,…` for its options).
An actor that dies is started anew by Ray; its requests are answered by the others. On a cluster this package, and the
model at the same name or path, must be on every node.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from harness import registry
from harness.core import Backend, BackendError, Completion, Request, Tokenizer, UsageError
from harness.files import flat
from harness.replicas import Replicas

CONNECT_SECONDS = 5.0


class Ray:
    """Actors of Ray, each with an engine of its own; requests go where their prefix is cached and there is room.

    Options:
        engine: the backend inside every actor (vllm, hf, openai, lm_eval)
        replicas: how many actors
        args: options of that backend, as key=value,key=value
        address: of a running Ray cluster; without it, Ray runs on this machine for the time of the command
        cpus, gpus: what Ray reserves for an actor; by default one GPU where the cluster has any
    """

    def __init__(
        self,
        name: str,
        *,
        engine: str = "vllm",
        replicas: int = 2,
        args: str = "",
        address: str = "",
        cpus: float = 1.0,
        gpus: float | None = None,
    ) -> None:
        if find_spec("ray") is None:
            raise UsageError("Ray is not installed. Install the extra `ray`, or take --model vllm/….")
        if engine in ("ray", "toy"):
            raise UsageError(f"-M engine={engine} cannot be inside an actor. It is vllm, hf, openai or lm_eval.")
        kind = registry.component("backend", engine)
        pairs = [pair.replace(";", ",") for pair in args.split(",") if pair.strip()]
        options = registry.options(kind, pairs, flag="-M args", owner=f"backend '{engine}'")
        self._inner: Backend = kind(name, **options)  # for what it says of itself; its engine is never started here
        self._how = {"engine": engine, "name": name, "options": options}
        self._address, self._cpus, self._gpus = address, cpus, gpus
        self._actors = [_Actor(self, number) for number in range(replicas)]
        self._replicas = Replicas(self._actors, [actor.name for actor in self._actors])
        self._starting = asyncio.Lock()
        self._ours = False
        self.identity: Mapping[str, Any] = self._inner.identity  # the same model, wherever it runs
        self.environment = {**self._inner.environment, "ray": {"replicas": replicas, "address": address or None}}
        self.continues, self.logprobs = self._inner.continues, self._inner.logprobs
        self.tops = getattr(self._inner, "tops", 0)
        self.concurrency = self._replicas.concurrency

    @property
    def tokenizer(self) -> Tokenizer | None:
        """The model's tokenizer."""
        return self._inner.tokenizer

    @property
    def answered(self) -> dict[str, int]:
        """How many requests each replica has answered."""
        return self._replicas.answered

    async def generate(self, request: Request) -> Completion:
        """One completion by one of the replicas. Raises BackendError."""
        async with self._starting:
            if not self._actors[0].started:
                await asyncio.to_thread(self._start)
        return await self._replicas.generate(request)

    async def close(self) -> None:
        """End the actors, and Ray where this command began it."""
        await self._replicas.close()
        if self._ours:
            import ray

            self._ours = False
            await asyncio.to_thread(ray.shutdown)

    def _start(self) -> None:
        """Connect to Ray, or begin it here, and make the actors. Raises BackendError."""
        import ray

        _check(self._address)
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # else Ray warns of its next version
        try:
            if not ray.is_initialized():
                where = {"address": self._address} if self._address else {"include_dashboard": False}
                ray.init(log_to_driver=False, logging_level="ERROR", configure_logging=True, **where)
                self._ours = True
            some = ray.cluster_resources().get("GPU", 0) > 0
        except Exception as error:  # Ray raises what it likes
            raise BackendError(f"Ray did not start: {type(error).__name__}: {error}.", retryable=False) from error
        gpus = (1.0 if some else 0.0) if self._gpus is None else self._gpus
        options = {"num_cpus": self._cpus, "num_gpus": gpus, "max_restarts": -1, "max_task_retries": 0}
        remote = ray.remote(**options, max_concurrency=max(1, self._inner.concurrency))(_Worker)
        for actor in self._actors:
            actor.handle = remote.remote(self._how)


def _check(address: str) -> None:
    """Raises BackendError where nobody listens: Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not (host and port.isdecimal()):
        return  # "auto" and the like
    try:
        socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()
    except OSError as error:
        raise BackendError(
            f"There is no Ray cluster at {address}: {error.strerror or error}. `ray start --head` makes one.",
            retryable=False,
        ) from error


class _Actor:
    """One replica as seen from here."""

    def __init__(self, owner: Ray, number: int) -> None:
        inner = owner._inner
        self.name = f"replica {number}"
        self.handle: Any = None
        self.identity, self.environment = inner.identity, inner.environment
        self.continues, self.logprobs, self.concurrency = inner.continues, inner.logprobs, inner.concurrency
        self.tops = getattr(inner, "tops", 0)
        self.tokenizer = inner.tokenizer

    @property
    def started(self) -> bool:
        return self.handle is not None

    async def generate(self, request: Request) -> Completion:
        from ray.exceptions import RayError

        try:
            answer = await self.handle.generate.remote(request)
        except RayError as error:  # the actor died, or could not be made
            said = str(error).strip().splitlines() or [type(error).__name__]
            raise BackendError(f"Ray {self.name}: {said[0][:300]}.") from error
        if "error" in answer:
            raise BackendError(
                f"{self.name}: {answer['error']}", retryable=answer["retryable"], retry_after=answer["retry_after"]
            )
        return Completion(**answer["completion"])

    async def close(self) -> None:
        if self.handle is not None:
            import ray

            handle, self.handle = self.handle, None
            await asyncio.to_thread(ray.kill, handle)


class _Worker:
    """What runs inside an actor: a backend, whose failures travel as data, since exceptions change in Ray's hands."""

    def __init__(self, how: Mapping[str, Any]) -> None:
        self._backend: Backend = registry.component("backend", how["engine"])(how["name"], **how["options"])

    async def generate(self, request: Request) -> dict[str, Any]:
        """A completion, or why there is none."""
        try:
            return {"completion": flat(await self._backend.generate(request))}
        except BackendError as error:
            return {"error": str(error), "retryable": error.retryable, "retry_after": error.retry_after}

    async def process(self) -> int:
        """The actor's process id."""
        return os.getpid()
