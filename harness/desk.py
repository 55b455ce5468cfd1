"""What a verifier is given for one problem: the problem, the engines and the grader, all through the call log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from harness.calls import ProblemCalls
from harness.core import Backend, Completion, Grade, Message, Problem, Prompt, Request, ScorerRef
from harness.thinking import graded
from scorers.pool import GradingPool


class ProblemDesk:
    """The desk of one problem; see `harness.core.Desk`. `identity` is the verifier's."""

    def __init__(
        self,
        problem: Problem,
        prompt: Prompt,
        calls: ProblemCalls,
        *,
        identity: Mapping[str, Any],
        scorer: ScorerRef,
        pool: GradingPool,
        stop: Sequence[str] = (),
    ) -> None:
        self.problem = problem
        self.stop = stop
        self.prompt = prompt
        self._calls = calls
        self._identity = identity
        self._scorer = scorer
        self._pool = pool

    async def complete(self, request: Request, backend: Backend | None = None) -> Completion:
        """One completion, billed to the verifier."""
        return await self._calls.call(backend or self._calls.backend, request, role="verifier")

    async def measure(self, material: Any, produce: Callable[[], Awaitable[Mapping[str, Any]]]) -> Mapping[str, Any]:
        """One scoring call of the verifier's own engine."""

        async def made() -> dict[str, Any]:
            return dict(await produce())

        return await self._calls.measure(self._identity, material, made)

    async def grade(self, text: str) -> Grade:
        """The task's verdict on a response."""
        return await self._pool.grade_async(self._scorer, graded(text, self.prompt), self.problem)

    def render(self, messages: Sequence[Message], backend: Backend | None = None) -> Prompt:
        """A conversation as a model reads it."""
        return rendered(self.problem, messages, backend or self._calls.backend)


def rendered(problem: Problem, messages: Sequence[Message], backend: Backend, *, chat_template: bool = True) -> Prompt:
    """A conversation about a problem in a backend's own chat template, where it has one and it is wanted."""
    own = tuple(messages)
    if chat_template and backend.tokenizer is not None and backend.tokenizer.has_chat_template:
        return Prompt(problem.id, problem.statement, backend.tokenizer.render(own), own, templated=True)
    plain = "\n\n".join(message["content"] for message in own)
    return Prompt(problem.id, problem.statement, plain, own)
