"""Deliberate search over thoughts: the model proposes steps and judges them itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from harness.core import Path, Prompt, Selection, UsageError
from harness.policy import Policy
from harness.strategies._steps import distinct, grow, promise, prune, response, score, settled
from harness.strategies._thoughts import (
    VERSION,
    propose_messages,
    read_proposals,
    read_value,
    read_vote,
    value_messages,
    vote_messages,
)
from harness.tree import Node, Tree
from harness.verification import Verification

TEMPERATURE = 0.7
"""This strategy's own, whatever the command says (Yao et al., 2023)."""
OPTIONS = {"search": ("bfs", "dfs"), "generate": ("sample", "propose"), "evaluate": ("value", "vote", "verifier")}


async def tree_of_thoughts(
    prompt: Prompt, policy: Policy, verifier: Verification | None = None, *, search: str = "bfs",
    generate: str = "sample", evaluate: str = "value", width: int = 5, keep: int = 5, evaluations: int = 3,
    max_steps: int = 10, threshold: float = 0.1, max_states: int = 100,
) -> Selection:  # fmt: skip
    """Steps are drawn or proposed, judged, and searched breadth first or depth first (Yao et al., 2023; temperature
    0.7).

    `generate` "sample" draws `width` next steps, "propose" asks one prompt for `width` of them, which are then written
    into the path (forced tokens). `evaluate` "value" asks `evaluations` times whether a state is sure (20), likely (1)
    or impossible (0.001) and takes the mean of the replies that can be read; "vote" asks as often which of the states
    is the best and takes the share of votes; "verifier" takes the verifier's score. A reply that cannot be read is
    counted (`unread`, `unread_proposals` in the tree) and worth nothing; a state without a value comes last.

    `search` "bfs" keeps the `keep` best states of a level (the paper's b). "dfs" goes to the best child first, gives
    up a state valued below `threshold` ("pruned") and returns to the next best one above (`order` says when), until
    `max_states` states were made. At `max_steps` a step runs to the end. The response of the highest value wins."""
    for name, given in (("search", search), ("generate", generate), ("evaluate", evaluate)):
        if given not in OPTIONS[name]:
            raise UsageError(f"-S {name} is one of {', '.join(OPTIONS[name])}, not '{given}'.")
    if evaluate == "verifier" and verifier is None:
        raise UsageError(
            "-S evaluate=verifier needs a verifier. Say --verifier KIND/NAME; `harness list verifiers` shows all."
        )
    thinker = _Thinker(prompt, policy, verifier, generate=generate, evaluate=evaluate, width=width, times=evaluations)
    thinker.tree.root.notes["prompts"] = VERSION
    if search == "bfs":
        found = await _breadth_first(thinker, keep, max_steps)
    else:
        found = await _depth_first(thinker, threshold, max_states, max_steps)
    responses = await settled(thinker.tree, policy, verifier, found)
    if verifier is not None:
        await score(responses, verifier)
    weights = {"value": [max(promise(node), 0.0) for node in responses]}
    return Selection(
        tuple(node.path for node in responses), rule="value", weights=weights, tree=thinker.tree.records(responses)
    )


async def _breadth_first(thinker: _Thinker, keep: int, max_steps: int) -> list[Node]:
    """Level by level, the best `keep` states of each."""
    found: list[Node] = []
    level = [thinker.tree.root]
    for step in range(1, max_steps + 1):
        children = await thinker.children(level, to_end=step == max_steps)
        await thinker.judge(children)
        found += filter(response, children)
        going = [child for child in children if not child.path.finished]
        level = sorted(going, key=promise, reverse=True)[:keep]
        prune(going, level)
        if not level or thinker.policy.exhausted:
            break
    return found


async def _depth_first(thinker: _Thinker, threshold: float, max_states: int, max_steps: int) -> list[Node]:
    """The best child first; the stack holds the states to return to, the next on top."""
    found: list[Node] = []
    stack, order = [thinker.tree.root], 0
    while stack and len(thinker.tree.nodes) <= max_states and not thinker.policy.exhausted:
        node = stack.pop()
        node.notes["order"], order = order, order + 1
        children = await thinker.children([node], to_end=len(node.path.steps) + 1 >= max_steps)
        await thinker.judge(children)
        found += filter(response, children)
        going = [child for child in children if not child.path.finished]
        hopeful = [child for child in going if promise(child) >= threshold]
        prune(going, hopeful)
        stack += sorted(hopeful, key=lambda child: (promise(child), -child.id))
    return found


class _Thinker:
    """The tree, and the model in its two other parts: it proposes steps and it judges states."""

    def __init__(
        self, prompt: Prompt, policy: Policy, verifier: Verification | None, *, generate: str, evaluate: str,
        width: int, times: int,
    ) -> None:  # fmt: skip
        self.tree, self.policy = Tree(Path(prompt)), policy
        self._question, self._verifier = prompt.question, verifier
        self._generate, self._evaluate, self._width, self._times = generate, evaluate, width, times

    async def children(self, parents: Sequence[Node], *, to_end: bool) -> list[Node]:
        """The distinct next states below every parent. A last step, which runs to the end, is always drawn."""
        if self._generate == "sample" or to_end:
            return distinct(await grow(self.tree, parents, self.policy, self._width, to_end=to_end))
        asked = [propose_messages(self._question, parent.path.text, self._width) for parent in parents]
        replies = await self._ask([self.policy.prompt(messages) for messages in asked], 1)
        made, found = self.policy.meter.spent, list[Node]()
        for parent, given in zip(parents, replies, strict=True):
            if not given:
                continue
            [reply] = given
            steps = read_proposals(reply.text, self._width) if reply.whole else []
            parent.notes |= {"proposal_tokens": reply.tokens, "unread_proposals": int(not steps)}
            parent.state = "expanded" if steps else "pruned"
            for step in steps:
                child = self.tree.add(parent, self._written(parent.path, step), made=made)
                found += [child] if child.state != "duplicate" else []
        return found

    def _written(self, path: Path, step: str) -> Path:
        """A path with a proposed step; one that states the final answer ends the response."""
        room = self.policy.sampling.max_tokens - path.tokens - path.forced_tokens
        longer = self.policy.force(path, step + self.policy.delimiter)
        if longer.forced_tokens - path.forced_tokens > room:  # what is too long for a response is no part of one
            return replace(path, finished=True, finish_reason="length")
        return replace(longer, finished=True, finish_reason="stop") if "\\boxed{" in step else longer

    async def judge(self, nodes: Sequence[Node]) -> None:
        """Put a value on every new state; what the budget cut is none."""
        states = [node for node in nodes if response(node) or not node.path.finished]
        if self._evaluate == "verifier" and self._verifier is not None:
            await score(states, self._verifier)
            for node in states:
                node.value = node.path.score
        elif self._evaluate == "vote" and states:
            await self._vote(states)
        else:
            await self._value(states)

    async def _value(self, states: Sequence[Node]) -> None:
        """The mean worth of the verdicts on each state."""
        prompts = [self.policy.prompt(value_messages(self._question, node.path.text)) for node in states]
        for node, replies in zip(states, await self._ask(prompts, self._times), strict=True):
            read = [worth for reply in replies if (worth := read_value(reply.text)) is not None]
            node.value = math.fsum(read) / len(read) if read else None
            node.notes |= {"evaluation_tokens": sum(r.tokens for r in replies), "unread": len(replies) - len(read)}

    async def _vote(self, states: Sequence[Node]) -> None:
        """The share of votes for each state of one level; the first one's notes hold what the vote cost."""
        asked = self.policy.prompt(vote_messages(self._question, [node.path.text for node in states]))
        [replies] = await self._ask([asked], self._times)
        votes = [vote for reply in replies if (vote := read_vote(reply.text, len(states))) is not None]
        for place, node in enumerate(states):
            node.value = votes.count(place) / len(votes) if votes else None
        tokens = sum(reply.tokens for reply in replies)
        states[0].notes |= {"evaluation_tokens": tokens, "unread": len(replies) - len(votes)}

    async def _ask(self, prompts: Sequence[Prompt], times: int) -> list[list[Path]]:
        """`times` replies to each prompt, all asked for at once; fewer where the budget ends."""
        replies = await self.policy.finish([Path(prompt) for prompt in prompts for _ in range(times)])
        return [[r for r in replies[i * times : (i + 1) * times] if r.tokens] for i in range(len(prompts))]
