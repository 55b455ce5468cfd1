"""The game of the example: make 24 out of three numbers between 1 and 24, each used once.

Everything is made here: the puzzles (the tasks `make24_train` and `make24_test` load them), the vocabulary of the
model, and the noisy solutions that it is pre-trained on. A solution is two steps and an answer:

    5*6=30 left:6,30        (the numbers that are left, sorted)
    30-6=24 left:24
    \\boxed{(5*6)-6}

`train.py` trains on it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from hashlib import sha256
from itertools import combinations_with_replacement
from typing import Any

TARGET, LARGEST, HIGHEST = 24, 24, 99
TEST_SHARE = 0.4
RIGHT_SHARE = 0.1
"""The share of the pre-training solutions that make 24."""
MOST_ATTEMPTS = 10
BACK = "Wait\n\n"
WORDS = ("Make", " of", " left", "Wait")
SIGNS = (*"+-*/=:,(){}. ", "\\boxed", "\n\n")
SPECIAL = ("<pad>", "<unk>", "<user>", "<assistant>", "<end>")
CHAT = (
    "{% for message in messages %}{% if message['role'] == 'assistant' %}<assistant>"
    "{% generation %}{{ message['content'] }}<end>{% endgeneration %}"
    "{% else %}<user>{{ message['content'] }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)

Term = tuple[int, str]
"""A number and how it was made."""
Step = tuple[str, list[Term]]
"""What a step says, and the numbers that are left after it."""


def result(a: int, sign: str, b: int) -> int | None:
    """What a step makes of two numbers; None where that would be negative, broken or huge."""
    if sign == "/":
        return a // b if b and a % b == 0 else None
    value = a + b if sign == "+" else a - b if sign == "-" else a * b
    return value if 0 <= value <= HIGHEST else None


def moves(left: list[Term]) -> list[Step]:
    """Every next step: two of the numbers left become one that is neither negative, broken nor huge."""
    found = []
    for i in range(len(left)):
        for j in range(i + 1, len(left)):
            (a, x), (b, y) = sorted((left[i], left[j]), reverse=True)
            rest = [left[k] for k in range(len(left)) if k not in (i, j)]
            for sign in "+-*/":
                if (value := result(a, sign, b)) is not None:
                    after = sorted([*rest, (value, f"({x}{sign}{y})")])
                    numbers = ",".join(str(number) for number, _ in after)
                    found.append((f"{a}{sign}{b}={value} left:{numbers}\n\n", after))
    return found


def solutions(numbers: tuple[int, ...]) -> list[str]:
    """Every solution of a puzzle, written out, each once."""
    found = [
        first + second + answer(end)
        for first, left in moves([(n, str(n)) for n in numbers])
        for second, [end] in moves(left)
        if end[0] == TARGET
    ]
    return list(dict.fromkeys(found))


def answer(end: Term) -> str:
    """The last line of a solution."""
    return f"\\boxed{{{end[1][1:-1]}}}"


def puzzles(part: str) -> list[tuple[int, ...]]:
    """The solvable puzzles of "train" or "test"; the part is decided by a hash."""
    return [n for n in all_numbers() if in_test(n) == (part == "test") and solutions(n)]


def all_numbers() -> Iterator[tuple[int, ...]]:
    """Every choice of three numbers, solvable or not."""
    return combinations_with_replacement(range(1, LARGEST + 1), 3)


def in_test(numbers: tuple[int, ...]) -> bool:
    """Whether these numbers are kept out of all training data."""
    return int.from_bytes(sha256(str(numbers).encode()).digest()[:4], "big") < TEST_SHARE * 2**32


def question(numbers: tuple[int, ...]) -> str:
    """What the model is asked."""
    return f"Make {TARGET} of {','.join(map(str, numbers))}."


def load(part: str = "test", **_: Any) -> Any:
    """The documents of a task, for lm-eval. Level 1 has three solutions and more, level 3 a single one."""
    from tasks.documents import splits

    rows = []
    for numbers in puzzles(part):
        found = solutions(numbers)
        rows.append(
            {
                "problem_id": "make24/" + "-".join(map(str, numbers)),
                "problem": question(numbers),
                "answer": found[0].partition("{")[2][:-1],
                "level": max(1, 4 - len(found)),
                "subject": None,
                "difficulty": None,
                "solutions": None,
                "numbers": list(numbers),
            }
        )
    return splits(rows, "game24")


def noisy(count: int, seed: int = 0) -> Iterator[tuple[str, str]]:
    """Questions outside the test part, with solutions of which most follow random steps to whatever they make: what the
    model knows of the game before anything is selected. Half of them start again a few times before, at random: the
    model has met second attempts, but nothing says what they are good for."""
    draw = random.Random(seed)
    known = [n for n in all_numbers() if not in_test(n)]
    solvable = [n for n in known if solutions(n)]
    for _ in range(count):
        numbers = draw.choice(known)
        right = draw.random() < RIGHT_SHARE
        if right:
            numbers = draw.choice(solvable)
        attempts = draw.randint(1, MOST_ATTEMPTS) if draw.random() < 0.5 else 0
        before = "".join("".join(walk(numbers, draw)[: draw.randint(1, 2)]) + BACK for _ in range(attempts))
        yield question(numbers), before + (draw.choice(solutions(numbers)) if right else "".join(walk(numbers, draw)))


def walk(numbers: tuple[int, ...], draw: random.Random) -> tuple[str, str, str]:
    """Two random steps, and the answer that they lead to."""
    first, left = draw.choice(moves([(n, str(n)) for n in numbers]))
    second, [end] = draw.choice(moves(left))
    return first, second, answer(end)


def sums(count: int, seed: int = 1) -> Iterator[str]:
    """Rows of a dozen sums, of the numbers that a game can come to: what the model knows of arithmetic. Most steps
    that it draws are then true, wherever they lead; a model that errs when sampled learns from searches to err."""
    draw = random.Random(seed)
    known = [
        f"{a}{sign}{b}={value}\n\n"
        for a in range(HIGHEST + 1)
        for b in range(min(a, LARGEST) + 1)
        for sign in "+-*/"
        if (value := result(a, sign, b)) is not None
    ]
    for _ in range(count):
        yield "".join(draw.choices(known, k=12))


def tokenizer() -> Any:
    """A tokenizer with a token per number, sign and word, and a chat template that marks what the model writes."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = [*SPECIAL, *SIGNS, *WORDS, *map(str, range(HIGHEST + 1))]
    inner = Tokenizer(models.WordLevel({token: i for i, token in enumerate(vocabulary)}, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Split(Regex(r"\\boxed|\n\n|\d+| ?[A-Za-z]+|."), "isolated")
    inner.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        chat_template=CHAT,
        pad_token="<pad>",
        unk_token="<unk>",
        eos_token="<end>",
        additional_special_tokens=["<user>", "<assistant>"],
    )
