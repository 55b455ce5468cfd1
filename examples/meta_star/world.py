"""The game of the example: make 24 out of three numbers between 1 and 36, each used once.

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

TARGET, LARGEST, HIGHEST = 24, 36, 99
TEST_SHARE = 0.27
RIGHT_SHARE = 0.1
"""The share of the pre-training solutions that make 24."""
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


def moves(left: list[Term]) -> list[Step]:
    """Every next step: two of the numbers left become one that is neither negative, broken nor huge."""
    found = []
    for i in range(len(left)):
        for j in range(i + 1, len(left)):
            (a, x), (b, y) = sorted((left[i], left[j]), reverse=True)
            rest = [left[k] for k in range(len(left)) if k not in (i, j)]
            made = [("+", a + b), ("-", a - b), ("*", a * b)]
            made += [("/", a // b)] if b and a % b == 0 else []
            for sign, value in made:
                if value <= HIGHEST:
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
    model knows of the game before anything is selected."""
    draw = random.Random(seed)
    known = [n for n in all_numbers() if not in_test(n)]
    solvable = [n for n in known if solutions(n)]
    for _ in range(count):
        if draw.random() < RIGHT_SHARE:
            numbers = draw.choice(solvable)
            text = draw.choice(solutions(numbers))
        else:
            numbers = draw.choice(known)
            first, left = draw.choice(moves([(n, str(n)) for n in numbers]))
            second, [end] = draw.choice(moves(left))
            text = first + second + answer(end)
        yield question(numbers), text


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
