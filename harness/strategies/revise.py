"""Sequential revisions: the model sees its last attempts and tries again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.core import Message, Path, Prompt, Selection, UsageError
from harness.policy import Policy

VERSION = 1
REVISE = """Look at the solution above again. It may be wrong. Find the first mistake, if there is one, and write a
complete solution anew that ends with the final answer in the same form."""
"""What is said after each attempt (ours; a change is a new VERSION)."""
CHOICES = ("last", "best", "majority", "weighted_majority", "first")


async def revise(
    prompt: Prompt, policy: Policy, *, attempts: int = 8, memory: int = 4, choose: str = "majority"
) -> Selection:
    """`attempts` solutions one after another, each written in sight of the last `memory` ones (Snell et al., 2024,
    whose revision model sees up to four).

    The candidates are the attempts in their order, so that accuracy at attempt j can be told (the Meta-CoT paper,
    Figure 10). An attempt that was cut is a candidate and is shown to none. `choose` is last, best (`--verifier`),
    majority, weighted_majority or first; "last" is the last attempt that was not cut."""
    if choose not in CHOICES:
        raise UsageError(f"-S choose is one of {', '.join(CHOICES)}, not '{choose}'.")
    made: list[Path] = []
    for _ in range(attempts):
        seen = [path for path in made if path.whole][-memory:]
        asked = policy.prompt(_conversation(prompt, seen)) if seen else prompt
        [path] = await policy.sample(asked)
        if made and path.tokens == 0 and path.finish_reason == "budget":
            break
        made.append(replace(path, prompt=prompt))
    return Selection(tuple(made), rule=choose, weights={"last": [float(i) for i in range(len(made))]})


def _conversation(prompt: Prompt, seen: Sequence[Path]) -> list[Message]:
    """The question, and each attempt with the request to do better."""
    messages: list[Message] = list(prompt.messages or ({"role": "user", "content": prompt.question},))
    for path in seen:
        messages += [{"role": "assistant", "content": path.text}, {"role": "user", "content": REVISE}]
    return messages
