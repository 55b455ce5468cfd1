"""A synthetic policy with known step accuracy, for tests, golden trees, benchmarks and docs. It is no language model.

It is told the gold answers and reasons in a chain of steps. Step i carries a number; the right one follows from the
problem's id. Each step is right with probability `step_accuracy`; once one is wrong, so is the final answer.

It also plays what strategies ask of a model besides: asked for a numbered list of next steps it lists some, asked
whether a partial solution is sure, likely or impossible, or which of several is best, it says what is true. Where the
response opens <think>, it reasons inside and answers after </think>; a forced "Wait" makes it look once more.

With `thinking` it opens <think> itself and makes up to so many attempts in there, each with its answer: a wrong one it
notices four times out of five, and starts again. A forced "Wait" is then one more attempt, and thinking that is cut
leaves a wrong answer.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Sequence
from random import Random
from typing import Any

from harness.core import Completion, FinishReason, Message, Problem, Request, Tokenizer
from harness.synthetic import right_so_far, right_value
from harness.thinking import count_ids

NOTICED = 0.8
"""How often a toy that thinks notices that an attempt was wrong."""
_WORDS = ("so", "we", "combine", "the", "terms", "and", "simplify", "which", "by", "the", "same", "argument")
# What the prompts of `strategies/_thoughts.py` are known by; a test plays them all.
_PROPOSE = re.compile(r"Propose (\d+) different next steps")
_VALUE = "sure, likely or impossible."
_VOTE = '"The best choice is s"'


class ToyTokenizer:
    """Counts words, as the toy model does."""

    has_chat_template = True

    def render(self, messages: Sequence[Message]) -> str:
        """Roles and contents in brackets and lines."""
        return "".join(f"[{m['role']}]\n{m['content']}\n" for m in messages) + "[assistant]\n"

    def encode(self, text: str, *, special_tokens: bool) -> list[int]:
        """An id per word."""
        return [
            int.from_bytes(hashlib.sha256(word.encode("utf-8", "replace")).digest()[:3], "big") for word in text.split()
        ]

    def warnings(self, text: str, *, templated: bool) -> list[str]:
        """Nothing can be wrong."""
        return []


class Toy:
    """Deterministic synthetic policy: right with probability `step_accuracy` per step, `steps` plus level steps.

    `thinking`: attempts that it may make in thought before it answers; 0 thinks only where it is made to."""

    def __init__(
        self,
        name: str,
        problems: Sequence[Problem] = (),
        *,
        step_accuracy: float = 0.9,
        steps: int = 2,
        wrong_answers: int = 4,
        thinking: int = 0,
        latency: float = 0.0,
    ) -> None:
        self._gold = {problem.id: problem.answer or "0" for problem in problems}
        self._length = {problem.id: steps + _number(problem.level) for problem in problems}
        self._step_accuracy = step_accuracy
        self._wrong_answers = wrong_answers
        self._attempts = thinking
        self._latency = latency
        self.identity: dict[str, Any] = {
            "backend": "toy",
            "model": name,
            "step_accuracy": step_accuracy,
            "steps": steps,
            "wrong_answers": wrong_answers,
        }
        if thinking:
            self.identity["thinking"] = thinking
        self.environment: dict[str, str] = {}
        self.tokenizer: Tokenizer | None = ToyTokenizer()
        self.continues = True
        self.logprobs = True
        self.tops = 0
        self.concurrency = 64

    async def generate(self, request: Request) -> Completion:
        """Write the chain on from the prefix, up to the limit or a stop string."""
        if self._latency:
            await asyncio.sleep(self._latency)
        sampling = request.sampling
        if sampling.max_tokens == 0:
            return _scored(request)
        seed = f"{sampling.seed}" if sampling.temperature > 0 else "greedy"
        rng = Random(f"{request.prompt.problem_id}|{request.prefix}|{seed}|{sampling.temperature}")  # noqa: S311
        text = self._aside(request, rng)
        if text is None:
            one = sampling.stop == ("\n\n",)  # nothing behind the first step would be kept
            opened = request.prompt.text.rstrip().endswith("<think>")  # a chat template that opens the thinking
            text = self._rest(request.prompt.problem_id, request.prefix, rng, one=one, opened=opened)
        return _cut(text, request)

    async def close(self) -> None:
        """Nothing to let go."""

    def _aside(self, request: Request, rng: Random) -> str | None:
        """The reply to a prompt that asks for next steps or for a judgement; None where it asks for a solution."""
        asked, problem_id = request.prompt.text, request.prompt.problem_id
        if found := _PROPOSE.search(asked):
            steps = [self._next_step(problem_id, asked, rng) for _ in range(int(found[1]))]
            return "\n".join(f"{number}. {step}" for number, step in enumerate(steps, 1))
        if _VALUE in asked:
            return f"Its steps are checked.\n{'likely' if self._right(problem_id, asked) else 'impossible'}"
        if _VOTE in asked:
            choices = re.split(r"^Choice \d+:$", asked, flags=re.MULTILINE)[1:]
            right = [number for number, text in enumerate(choices, 1) if self._right(problem_id, text)]
            return f"The best choice is {rng.choice(right or list(range(1, len(choices) + 1)))}"
        return None

    def _next_step(self, problem_id: str, text: str, rng: Random) -> str:
        """One step further, on one line."""
        return self._rest(problem_id, text, rng).split("\n", 1)[0]

    def _right(self, problem_id: str, text: str) -> bool:
        """Whether what a text says so far is right, its answer included."""
        answers = re.findall(r"final answer is \\boxed\{(.*)\}\.", text)
        gold = self._gold.get(problem_id, "0")
        return all(right_so_far(problem_id, text)) and all(answer == gold for answer in answers)

    def _rest(self, problem_id: str, prefix: str, rng: Random, *, one: bool = False, opened: bool = False) -> str:
        """Everything that follows the prefix, to the final answer; only the next step where `one` is enough."""
        if self._attempts:
            return self._with_thought(problem_id, prefix, rng, opened=opened)
        length = self._length.get(problem_id, 3)
        good = right_so_far(problem_id, prefix)
        thinking = prefix.rfind("<think>") > prefix.rfind("</think>")
        if "</think>" in prefix:  # no more thoughts: what is not done counts as wrong
            good += [False] * (length - len(good))
        parts = ["Once more: all of it stands. "] if thinking and prefix.endswith("Wait") else []
        chain = self._chain(problem_id, good, rng, one=one)
        parts += chain
        if one and chain:
            return "".join(parts)
        parts += ["</think>\n\n"] if thinking else []
        return "".join(parts) + self._answer(problem_id, all(good), rng)

    def _chain(self, problem_id: str, good: list[bool], rng: Random, *, one: bool = False) -> list[str]:
        """The steps that are not done yet, or the next of them; `good` says of each step whether it is right, and grows
        with them."""
        parts, length = [], self._length.get(problem_id, 3)
        for step in range(len(good) + 1, length + 1):
            good.append(rng.random() < self._step_accuracy)
            value = right_value(problem_id, step)
            value = value if good[-1] else (value + rng.randrange(1, 1000)) % 1000
            filler = " ".join(rng.choice(_WORDS) for _ in range(rng.randrange(3, 12)))
            parts.append(f"Step {step} of {length}: {filler} gives {value}.\n\n")
            if one:
                break
        return parts

    def _answer(self, problem_id: str, right: bool, rng: Random) -> str:
        return f"The final answer is \\boxed{{{self._value(problem_id, right, rng)}}}."

    def _value(self, problem_id: str, right: bool, rng: Random) -> str:
        gold = self._gold.get(problem_id, "0")
        return gold if right else f"{rng.randrange(self._wrong_answers) + 1}/{len(gold) + 1009}"

    def _with_thought(self, problem_id: str, prefix: str, rng: Random, *, opened: bool) -> str:
        """What follows the prefix of a response with thinking: attempts, each after a "Wait", then the last one's
        answer."""
        thought, closed, _ = prefix.partition("</think>")
        good = right_so_far(problem_id, thought.rpartition("Wait")[2])
        length = self._length.get(problem_id, 3)
        if closed:
            return self._answer(problem_id, len(good) == length and all(good), rng)
        parts = [] if opened or "<think>" in prefix else ["<think>\n"]
        parts += [", once more from the start.\n\n"] if prefix.endswith("Wait") else []
        tried = prefix.count("Wait") + 1
        while True:
            parts += self._chain(problem_id, good, rng)
            answer = self._value(problem_id, all(good), rng)
            parts.append(f"So the answer is ${answer}$.\n\n")
            if all(good) or tried >= self._attempts or rng.random() > NOTICED:
                break
            parts.append("Wait, that cannot be right, once more from the start.\n\n")
            tried, good = tried + 1, []
        return "".join([*parts, "</think>\n\n", f"The final answer is \\boxed{{{answer}}}."])


def _scored(request: Request) -> Completion:
    """Log-probabilities of the prefix's words: a right step is likely, a wrong one is not."""
    good = right_so_far(request.prompt.problem_id, request.prefix)
    found: list[float] = []
    for number, step in enumerate(filter(str.strip, request.prefix.split("\n\n"))):
        found += [-0.1 if number >= len(good) or good[number] else -2.0] * len(step.split())
    size = len(request.prompt.text.split()) + len(request.prefix.split())
    return Completion("", size, 0, "length", logprobs=tuple(found))


def _number(level: object) -> int:
    """A level as a number of extra steps."""
    return level if isinstance(level, int) and 0 <= level <= 20 else 1


def _cut(text: str, request: Request) -> Completion:
    """The completion of a text under a request's stop strings and token limit; a token is a word."""
    finish: FinishReason = "eos"
    stop = None
    for candidate in request.sampling.stop:
        at = text.find(candidate)
        if at >= 0:
            text, finish, stop = text[:at], "stop", candidate
    words = list(re.finditer(r"\S+\s*", text))
    limit = request.sampling.max_tokens
    if len(words) >= limit:  # the token that ends it needs room too
        text, finish, stop = text[: words[limit - 1].end()] if words else "", "length", None
    tokens = min(len(words), limit) + (finish != "length")
    pieces = [*re.findall(r"\S+\s*", text), *[""] * tokens][:tokens]  # the token that ends it is no text
    counted = count_ids(pieces, text, "".join, request)
    return Completion(
        text=text,
        prompt_tokens=len(request.prompt.text.split()) + len(request.prefix.split()),
        completion_tokens=tokens,
        finish_reason=finish,
        stop=stop,
        thinking_tokens=counted.thinking if counted else 0,
    )
