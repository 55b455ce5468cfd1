"""A synthetic policy and a verifier for the game of 24 that do real arithmetic, with known skill and known noise.

A response is three steps such as `Take 4 and 8: 4 * 8 = 32, left 3 5 32.`, and the expression in a box. At each step
the policy either sees a way to 24, with probability `skill`, and takes one of the moves that keep 24 within reach, or
takes any move. It is no language model; it is the setting in which nodes, calls and tokens of searches can be compared
without a model's noise. A token is a number, a word or a sign.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import combinations
from random import Random
from typing import Any

from harness.backends.toy import ToyTokenizer
from harness.core import Completion, Desk, Path, Problem, Request, Scores, Tokenizer

Numbers = tuple[Fraction, ...]
_STEP = re.compile(r"^Take (\S+) and (\S+): \S+ ([-+*/]) \S+ = (\S+), left ([^.]*)\.$", re.MULTILINE)
_TOKEN = re.compile(r"\w+|[^\w\s]")
TARGET = 24


def tokens(text: str) -> int:
    """The number of tokens of a text."""
    return len(_TOKEN.findall(text))


@cache
def reachable(numbers: Numbers) -> bool:
    """Whether all of the numbers (sorted) together can still make 24."""
    if len(numbers) == 1:
        return numbers[0] == TARGET
    return any(reachable(left) for *_, left in moves(numbers))


@cache
def moves(numbers: Numbers) -> tuple[tuple[Fraction, str, Fraction, Fraction, Numbers], ...]:
    """Every move: first number, sign, second number, what they make, and the numbers that are left (sorted)."""
    found = {}
    for i, j in combinations(range(len(numbers)), 2):
        rest = [numbers[k] for k in range(len(numbers)) if k not in (i, j)]
        for a, b in ((numbers[i], numbers[j]), (numbers[j], numbers[i])):
            made = {"-": a - b, **({"/": a / b} if b else {})}
            if a <= b:  # a sum or a product once
                made |= {"+": a + b, "*": a * b}
            for sign, value in made.items():
                found[a, sign, b] = (a, sign, b, value, tuple(sorted([*rest, value])))
    return tuple(found[key] for key in sorted(found))


def played(numbers: Sequence[int], text: str) -> list[tuple[Fraction, str]]:
    """The values that are left after the steps of a text, each with the expression that made it."""
    left = [(Fraction(number), str(number)) for number in numbers]
    for first, second, sign, *_ in _STEP.findall(text):
        a = left.pop(next(i for i, (value, _) in enumerate(left) if value == Fraction(first)))
        b = left.pop(next(i for i, (value, _) in enumerate(left) if value == Fraction(second)))
        value = {"+": a[0] + b[0], "-": a[0] - b[0], "*": a[0] * b[0], "/": a[0] / b[0] if b[0] else Fraction(0)}[sign]
        left.append((value, f"({a[1]} {sign} {b[1]})"))
    return left


class Player:
    """The policy, as a backend. Its engine keeps what it has read: such prompt tokens count as cached."""

    def __init__(self, problems: Sequence[Problem], *, skill: float) -> None:
        self._numbers = {problem.id: list(problem.doc["numbers"]) for problem in problems}
        self._skill = skill
        self._read: defaultdict[str, set[str]] = defaultdict(set)
        self.identity = {"backend": "game24-player", "model": "player", "skill": skill}
        self.environment: dict[str, str] = {}
        self.tokenizer: Tokenizer | None = ToyTokenizer()
        self.continues = True
        self.concurrency = 1

    async def generate(self, request: Request) -> Completion:
        """Play on from the prefix, to a stop string or to the end."""
        problem_id, prefix = request.prompt.problem_id, request.prefix
        rng = Random(f"{problem_id}|{prefix}|{request.sampling.seed}")
        text = self._rest(self._numbers[problem_id], prefix, rng)
        stop = next((stop for stop in request.sampling.stop if stop in text), None)
        text = text if stop is None else text[: text.index(stop)]
        whole, read = request.prompt.text + prefix, self._read[problem_id]
        cached = whole if whole in read else request.prompt.text if request.prompt.text in read else ""
        read |= {request.prompt.text, whole, whole + text + (stop or "")}
        return Completion(
            text,
            tokens(whole),
            tokens(text) + 1,
            "eos" if stop is None else "stop",
            stop,
            cached_prompt_tokens=tokens(cached),
        )

    async def close(self) -> None:
        """Nothing to let go."""

    def _rest(self, numbers: Sequence[int], prefix: str, rng: Random) -> str:
        left, parts = played(numbers, prefix), list[str]()
        while len(left) > 1:
            parts.append(self._step(tuple(sorted(value for value, _ in left)), rng))
            left = played(numbers, prefix + "".join(parts))
        return "".join(parts) + f"The answer is \\boxed{{{left[0][1]}}}."

    def _step(self, numbers: Numbers, rng: Random) -> str:
        options = moves(numbers)
        sees = rng.random() < self._skill
        good = [move for move in options if reachable(move[-1])] if sees else []
        a, sign, b, value, left = rng.choice(good or list(options))
        return f"Take {a} and {b}: {a} {sign} {b} = {value}, left {' '.join(map(str, left))}.\n\n"


class Judge:
    """v: can 24 still be reached after each step? With Gaussian noise of a known size, a function of the text.

    It reads prompt and path anew for every path it scores and is billed for it, as a reward model is."""

    partial = True
    uses_gold = False
    concurrency = 64

    def __init__(self, *, noise: float = 0.0) -> None:
        self._noise = noise
        self.identity: Mapping[str, Any] = {"verifier": "game24-judge", "noise": noise}
        self.environment: Mapping[str, Any] = {}

    async def score(self, path: Path, desk: Desk) -> Scores:
        """A score per step; the last one, with the answer, keeps the score of the state that it states."""

        async def produce() -> Mapping[str, Any]:
            scores, so_far = [], ""
            for step in path.steps:
                so_far += step
                values = tuple(sorted(value for value, _ in played(desk.problem.doc["numbers"], so_far)))
                noise = Random(f"{desk.problem.id}|{so_far}").gauss(0, self._noise) if self._noise else 0.0
                scores.append(min(max(reachable(values) + noise, 0.0), 1.0))
            return {"prompt_tokens": tokens(path.prompt.text + path.text), "scores": scores}

        found = await desk.measure([path.prompt.text, list(path.steps)], produce)
        return Scores(tuple(found["scores"]))

    async def close(self) -> None:
        """Nothing to let go."""
