"""Rationalisation: the model is told the answer and writes how to reach it."""

from __future__ import annotations

from dataclasses import replace

from harness.core import BackendError, Message, Prompt, Selection
from harness.policy import Policy

USES_GOLD = True
HINT = (
    "(The final answer is {answer}. Write a complete solution that reaches it, as if you had not been told; end with "
    "the final answer in the form asked for above.)"
)


async def rationalize(prompt: Prompt, policy: Policy, gold: str | None, *, n: int = 4, hint: str = HINT) -> Selection:
    """n responses of a model that is told the gold answer: training data for problems that it does not solve, and no
    measurement (Zelikman et al., 2022).

    `hint` follows the question after a blank line, with the gold answer for {answer}. `--unsolved RUN` leaves only the
    problems without a correct response; `harness export --format star` leaves the hint out of what it writes."""
    if gold is None:
        raise BackendError("The problem has no gold answer to hint at.", retryable=False)
    asked = policy.prompt(hinted(prompt, hint.replace("{answer}", gold)))
    return Selection(tuple(replace(path, prompt=prompt) for path in await policy.sample(asked, n)))


def hinted(prompt: Prompt, hint: str) -> list[Message]:
    """The conversation with the hint at the end of its last question."""
    *before, last = prompt.messages or ({"role": "user", "content": prompt.question},)
    return [*before, {"role": last["role"], "content": f"{last['content']}\n\n{hint}"}]
