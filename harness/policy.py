"""π, the model under evaluation as a strategy sees it: whole responses, next steps, completions of a path.

A `Policy` belongs to one problem. It turns paths into requests, gives every draw its own seed, and leaves batching,
caching, retrying and counting to the calls below it. Seeds depend on the run's seed, the problem, the text that is
continued and the number of the draw, and on nothing that happens at the same time.
"""

from __future__ import annotations

import asyncio
import copy
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from harness.core import Completion, FinishReason, Message, Path, Prompt, Request, Sampling
from harness.meter import Meter
from harness.thinking import opening, prefill, rougher, split

Generate = Callable[[Request], Awaitable[Completion]]
Render = Callable[[Sequence[Message]], Prompt]
Count = Callable[[str], int]


def draw_seed(run_seed: int, problem_id: str, stream: str, text: str, draw: int) -> int:
    """The seed of one draw: 31 bits, so that every engine takes it."""
    material = "\x1f".join((str(run_seed), problem_id, stream, text, str(draw)))
    return int.from_bytes(hashlib.sha256(material.encode("utf-8", "surrogatepass")).digest()[:4], "big") >> 1


class Policy:
    """π over one problem.

    `sampling` holds what the user asked for; its `seed` is the run's seed and its `stop` the task's own stop strings,
    which end a response. `delimiter` ends a step and is kept as part of it. `meter` counts and holds the problem's
    token budget; when it is spent, paths come back as they are, finished with the reason "budget". `render` puts a
    conversation into the model's template, `count` counts the tokens of a text.
    """

    def __init__(
        self,
        generate: Generate,
        sampling: Sampling,
        *,
        delimiter: str = "\n\n",
        meter: Meter | None = None,
        render: Render | None = None,
        count: Count | None = None,
        stream: str = "",
    ) -> None:
        self.meter = meter or Meter()
        self.sampling = sampling
        self.delimiter = delimiter
        self._generate = generate
        self._render = render
        self._count = count
        self._stream = stream
        self._draws: Counter[tuple[str, str]] = Counter()

    def branch(self, label: int | str, *, share: int = 1) -> Policy:
        """A view with seeds of its own, for parts of one search that run side by side.

        It may spend one `share`-th of what the budget still holds, so that no branch depends on another's pace."""
        return Policy(
            self._generate,
            self.sampling,
            delimiter=self.delimiter,
            meter=self.meter.branch(share),
            render=self._render,
            count=self._count,
            stream=f"{self._stream}/{label}",
        )

    @property
    def exhausted(self) -> bool:
        """Whether the budget is spent: nothing more will be generated."""
        return self.meter.remaining == 0

    def at(self, temperature: float) -> Policy:
        """The same policy, budget and draws at another temperature (0: greedy)."""
        other = copy.copy(self)
        other.sampling = replace(self.sampling, temperature=temperature)
        return other

    def prompt(self, messages: Sequence[Message]) -> Prompt:
        """Another conversation about the same problem, as the model reads it."""
        if self._render is None:
            raise ValueError("this policy was made without a way to render conversations")
        return self._render(messages)

    async def sample(self, prompt: Prompt, n: int = 1) -> list[Path]:
        """n whole responses, each a draw of its own."""
        return await self._continue([Path(prompt)] * n)

    async def expand(self, paths: Sequence[Path], width: int = 1) -> list[Path]:
        """`width` next steps of each path, in the order of the paths."""
        return await self._continue([path for path in paths for _ in range(width)], stop=(self.delimiter,), step=True)

    async def finish(self, paths: Sequence[Path]) -> list[Path]:
        """Each path continued to the end of the response; finished ones as they are."""
        return await self._continue(paths)

    async def write(self, paths: Sequence[Path], *, stop: Sequence[str], max_tokens: int | None = None) -> list[Path]:
        """Each path continued until one of `stop` is met, which is not kept, or `max_tokens` more are written.

        Such a path stays open and its `finish_reason`, "stop" or "length", says which; one that the model ended, or
        that has no room left, is finished."""
        return await self._continue(paths, stop=tuple(stop), max_tokens=max_tokens)

    def force(self, path: Path, text: str) -> Path:
        """The path with a text written into it that the model did not generate; it is open again."""
        tokens = self._count(text) if self._count else len(text.split())
        return replace(
            path,
            steps=(*path.steps, text),
            forced_tokens=path.forced_tokens + tokens,
            finished=False,
            finish_reason=None,
            score=None,
            step_scores=(),
            ending=(),
        )

    async def _continue(
        self, paths: Sequence[Path], *, stop: tuple[str, ...] = (), max_tokens: int | None = None, step: bool = False
    ) -> list[Path]:
        """Continue every path; side by side, or as many at a time as the budget is sure to hold."""
        draws = [self._draw(path) for path in paths]
        wishes = [0 if path.finished else self._room(path, max_tokens) for path in paths]
        done: list[Path] = []
        while len(done) < len(paths):
            start = len(done)
            granted = self.meter.admit(wishes[start:])
            wave = zip(paths[start:], draws[start:], wishes[start:], granted, strict=False)  # `granted` may be shorter
            done += await asyncio.gather(*[self._one(*job, stop=stop, step=step) for job in wave])
            self.meter.waited(
                max(new.tokens - old.tokens for old, new in zip(paths[start:], done[start:], strict=False))
            )
        return done

    def _room(self, path: Path, max_tokens: int | None = None) -> int:
        """The tokens that a path may still take: what its own limit leaves, and the limit of the call."""
        room = max(self.sampling.max_tokens - path.tokens - path.forced_tokens, 0)
        return room if max_tokens is None else min(room, max_tokens)

    def _draw(self, path: Path) -> int:
        """The number of this draw among all continuations of the same text; taken before anything is awaited."""
        key = (path.prompt.text, path.text)
        self._draws[key] += 1
        return self._draws[key] - 1

    async def _one(self, path: Path, draw: int, wish: int, room: int, *, stop: tuple[str, ...], step: bool) -> Path:
        """One path after one completion of at most `room` tokens, which is less than its `wish` at a budget's end."""
        if path.finished:
            return path
        if room <= 0:
            return replace(path, finished=True, finish_reason="budget" if wish > 0 else "length")
        sampling = replace(
            self.sampling,
            max_tokens=room,
            stop=(*self.sampling.stop, *stop),
            seed=draw_seed(
                self.sampling.seed,
                path.prompt.problem_id,
                self._stream,
                f"{path.prompt.text}\x1e{path.text}",
                draw,
            ),
        )
        completion = await self._generate(Request(path.prompt, path.text, sampling, ending=path.ending))
        self.meter.spend(completion.completion_tokens)
        met = bool(stop) and completion.finish_reason == "stop" and completion.stop in (*stop, None)
        cut = completion.finish_reason == "length"
        # At the limit of the call the path may go on; an engine that stopped short of it has no room left.
        spare = cut and room == wish < self._room(path) and completion.completion_tokens >= room
        reason: FinishReason = "budget" if cut and room < wish else completion.finish_reason
        return replace(
            path,
            steps=(*path.steps, completion.text + (self.delimiter if met and step else "")),
            tokens=path.tokens + completion.completion_tokens,
            thinking_tokens=_thought_before(path, completion) + completion.thinking_tokens,
            gap_tokens=path.gap_tokens + completion.gap_tokens,
            thinking_by=rougher(path.thinking_by, completion.thinking_by) if path.tokens else completion.thinking_by,
            finished=not (met or spare),
            finish_reason=None if met and step else reason,
            score=None,
            step_scores=(),
            ending=tuple(completion.ending) if met and step else (),
        )


def _thought_before(path: Path, completion: Completion) -> int:
    """The thinking tokens that a path had before a completion, seen from after it. Steps that looked like an answer
    were thinking where their end is marked only now, by a closing tag whose opening the model never wrote."""
    whole = split(path.text + completion.text, opened=opening(prefill(path.prompt)))
    later = bool(path.steps) and len(whole.thinking) >= len(path.text) > 0
    return path.tokens - path.gap_tokens if later else path.thinking_tokens
