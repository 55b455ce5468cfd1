"""π, the model under evaluation as a strategy sees it: whole responses, next steps, completions of a path.

A `Policy` belongs to one problem. It turns paths into requests, gives every draw its own seed, and leaves batching,
caching, retrying and counting to the calls below it. Seeds depend on the run's seed, the problem, the text of the path
and the number of the draw, and on nothing that happens at the same time.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from harness.core import Completion, Path, Prompt, Request, Sampling

Generate = Callable[[Request], Awaitable[Completion]]


def draw_seed(run_seed: int, problem_id: str, stream: str, text: str, draw: int) -> int:
    """The seed of one draw: 31 bits, so that every engine takes it."""
    material = "\x1f".join((str(run_seed), problem_id, stream, text, str(draw)))
    return int.from_bytes(hashlib.sha256(material.encode("utf-8", "surrogatepass")).digest()[:4], "big") >> 1


class Policy:
    """π over one problem.

    `sampling` holds what the user asked for; its `seed` is the run's seed and its `stop` the task's own stop strings,
    which end a response. `delimiter` ends a step and is kept as part of it.
    """

    def __init__(self, generate: Generate, sampling: Sampling, *, delimiter: str = "\n\n", stream: str = "") -> None:
        self._generate = generate
        self._sampling = sampling
        self._delimiter = delimiter
        self._stream = stream
        self._draws: Counter[str] = Counter()

    def branch(self, label: int | str) -> Policy:
        """A view with seeds of its own, for parts of one search that run side by side."""
        stream = f"{self._stream}/{label}"
        return Policy(self._generate, self._sampling, delimiter=self._delimiter, stream=stream)

    async def sample(self, prompt: Prompt, n: int = 1) -> list[Path]:
        """n whole responses, each a draw of its own."""
        return await self._continue([Path(prompt)] * n, step=False)

    async def expand(self, paths: Sequence[Path], width: int = 1) -> list[Path]:
        """`width` next steps of each path, in the order of the paths."""
        return await self._continue([path for path in paths for _ in range(width)], step=True)

    async def finish(self, paths: Sequence[Path]) -> list[Path]:
        """Each path continued to the end of the response; finished ones as they are."""
        return await self._continue(paths, step=False)

    async def _continue(self, paths: Sequence[Path], *, step: bool) -> list[Path]:
        return list(await asyncio.gather(*[self._one(path, self._draw(path), step) for path in paths]))

    def _draw(self, path: Path) -> int:
        """The number of this draw among all continuations of the same text; taken before anything is awaited."""
        number = self._draws[path.text]
        self._draws[path.text] += 1
        return number

    async def _one(self, path: Path, draw: int, step: bool) -> Path:
        room = self._sampling.max_tokens - path.tokens
        if path.finished or room <= 0:
            return path if path.finished else replace(path, finished=True, finish_reason="length")
        sampling = replace(
            self._sampling,
            max_tokens=room,
            stop=(*self._sampling.stop, self._delimiter) if step else self._sampling.stop,
            seed=draw_seed(self._sampling.seed, path.prompt.problem_id, self._stream, path.text, draw),
        )
        return self._extended(path, await self._generate(Request(path.prompt, path.text, sampling)), step)

    def _extended(self, path: Path, completion: Completion, step: bool) -> Path:
        """The path after one completion: open if the step delimiter ended it, else finished."""
        met = step and completion.finish_reason == "stop" and completion.stop in (self._delimiter, None)
        return replace(
            path,
            steps=(*path.steps, completion.text + (self._delimiter if met else "")),
            tokens=path.tokens + completion.completion_tokens,
            thinking_tokens=path.thinking_tokens + completion.thinking_tokens,
            finished=not met,
            finish_reason=None if met else completion.finish_reason,
            score=None,
            step_scores=(),
        )
