"""Budget forcing: thinking is made longer, or cut short, by writing into it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from harness.core import Path, Prompt, Selection
from harness.policy import Policy


async def budget_forcing(
    prompt: Prompt, policy: Policy, *, waits: Annotated[int, 0] = 2, thinking_budget: int | None = None,
    open_tag: str = "<think>", close_tag: str = "</think>", wait: str = "Wait", final: str = "Final Answer:",
) -> Selection:  # fmt: skip
    """When the model ends its thinking, "Wait" takes the end's place, `waits` times; after `thinking_budget` tokens the
    thinking is ended for it and an answer begun (Muennighoff et al., 2025: s1, 2 to 6 waits).

    The opening tag is written unless the prompt's template has opened it already. A model that ends its turn while it
    thinks has ended its thinking. What is written and not generated counts as `forced_tokens`, not as completion
    tokens; both count against `--max-tokens`. With 0 waits and no thinking budget nothing is written at all: plain
    generation."""
    if waits == 0 and thinking_budget is None:
        return Selection(tuple(await policy.sample(prompt)))
    path = Path(prompt)
    if not prompt.text.rstrip().endswith(open_tag):
        path = policy.force(path, f"{open_tag}\n")
    while True:
        left = None if thinking_budget is None else thinking_budget - path.tokens
        if left is not None and left <= 0:
            path = policy.force(path, f"\n{close_tag}\n\n{final}")
            break
        [path] = await policy.write([path], stop=[close_tag], max_tokens=left)
        if path.finished and not path.whole:  # no room for an answer: a response that was cut
            return Selection((replace(path, thinking_tokens=path.tokens - path.gap_tokens),))
        if path.finish_reason == "length":  # the thinking budget is spent
            continue
        if waits > 0:
            waits -= 1
            path = policy.force(path, wait)
        elif path.finished:
            path = policy.force(path, f"\n{close_tag}\n\n")
            break
        else:  # the model ended its thinking itself, with a tag that `write` does not keep
            path = replace(path, steps=(*path.steps, close_tag), finish_reason=None)
            break
    thought = path.tokens - path.gap_tokens  # also where the tags are no model's, so that nobody else knows them
    [path] = await policy.finish([path])
    return Selection((replace(path, thinking_tokens=max(thought, path.thinking_tokens)),))
