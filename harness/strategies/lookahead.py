"""Beam search whose scores look ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from harness.core import Prompt, Selection
from harness.policy import Policy
from harness.steps import split_steps
from harness.strategies._steps import score
from harness.strategies.beam import beams
from harness.tree import Node
from harness.verification import Verification


async def lookahead(
    prompt: Prompt, policy: Policy, verifier: Verification, *, n: int = 16, width: int = 4, max_steps: int = 40,
    k: Annotated[int, 0] = 1,
) -> Selection:  # fmt: skip
    """Beam search in which a partial solution is scored at the end of a roll-out of k more steps, decoded greedily and
    then discarded (Snell et al., 2024; k = 0 is beam search).

    It costs up to k + 1 times the steps of `beam`; a node's notes hold its roll-out (`lookahead`) and what that cost
    (`lookahead_tokens`)."""

    async def judge(nodes: Sequence[Node]) -> None:
        going = [node for node in nodes if k and not node.path.finished]
        ahead = policy.branch("lookahead").at(0.0)
        paths = [node.path for node in going]
        for _ in range(k):
            paths = await ahead.expand(paths)
        for node, path in zip(going, await verifier.score(paths), strict=True):
            steps = len(split_steps(node.path.text, policy.delimiter))
            node.notes["lookahead"] = path.text[len(node.path.text) :]
            node.notes["lookahead_tokens"] = path.tokens - node.path.tokens
            node.path = replace(node.path, score=path.score, step_scores=path.step_scores[:steps])
        await score(nodes, verifier)

    return await beams(prompt, policy, verifier, judge, n=n, width=width, max_steps=max_steps)
