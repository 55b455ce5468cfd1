"""Synthetic thinking for benchmarks/analyze.py: responses of a given length that look like a reasoning model's."""

from __future__ import annotations

import random
import re

_COUNTED = re.compile(r"\w+|[^\w\s]")
"""Words, numbers and signs: no tokenizer makes fewer tokens of a text of mathematics."""
_STEMS = "sum root side angle term value case point line area number digit factor ratio prime set square circle".split()
_VERBS = "gives equals divides satisfies contains implies determines reaches leaves covers".split()
_GLUE = "the a of that this which then with and for each so we have now first since also every because".split()
_TURNS = [
    "Wait, ",
    "Hmm, ",
    "Alternatively, ",
    "Let me double-check: ",
    "But wait, ",
    "Actually, ",
    "Let me verify that ",
]


def _formula(rng: random.Random) -> str:
    a, b, c = (rng.randint(1, 99) for _ in range(3))
    x = rng.choice("xyzabnk")
    shapes = (f"{a}{x} + {b} = {c}", rf"\frac{{{a}}}{{{b}}} + {x}^{{{c % 7}}} \le {a + c}", f"{x}^2 - {a}{x} + {b} = 0")
    return f"${rng.choice(shapes)}$"


def _sentence(rng: random.Random) -> str:
    words = [
        rng.choice(_GLUE if i % 2 else _STEMS if rng.random() < 0.7 else _VERBS) for i in range(rng.randint(6, 18))
    ]
    words.insert(rng.randrange(len(words)), _formula(rng) if rng.random() < 0.6 else str(rng.randint(0, 999)))
    turn = rng.choice(_TURNS) if rng.random() < 0.12 else ""
    return turn + " ".join(words).capitalize() + "."


def _step(rng: random.Random, earlier: list[str]) -> str:
    kind = rng.random()
    if earlier and kind < 0.06:
        return rng.choice(earlier)
    if earlier and kind < 0.12:
        words = rng.choice(earlier).split(" ")
        words[rng.randrange(len(words))] = rng.choice(_GLUE)
        return " ".join(words)
    return " ".join(_sentence(rng) for _ in range(rng.randint(1, 4)))


def thinking(rng: random.Random, tokens: int, gold: int) -> str:
    """A response of at least `tokens` tokens: thinking with repeated steps, several answers and the answer part."""
    steps: list[str] = []
    length = 0
    while length < tokens:
        step = _step(rng, steps)
        if rng.random() < 0.02:
            step += f" So the answer is {rng.choice((gold, gold, rng.randint(0, 99)))}."
        steps.append(step)
        length += len(_COUNTED.findall(step))
    final = gold if rng.random() < 0.6 else rng.randint(0, 99)
    return "<think>\n" + "\n\n".join(steps) + f"\n</think>\n\nThe answer is $\\boxed{{{final}}}$."
