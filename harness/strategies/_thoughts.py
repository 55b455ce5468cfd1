"""What tree of thoughts asks the model besides the solution itself, and how the replies are read. Version 1.

The texts are ours; what they ask for is Yao et al.'s (2023). A change of any of them is a new VERSION.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.core import Message

VERSION = 1
PROPOSE = """Problem:
{question}

Partial solution:
{partial}

Propose {width} different next steps for the partial solution, each of which takes it one step forward. Write a
numbered list, one step a line, and nothing else. A step that completes the solution gives the final answer in
\\boxed{{}}."""
VALUE = """Problem:
{question}

Partial solution:
{partial}

Can the partial solution be completed to a correct answer? Check its steps, then end with one word on a line of its own:
sure, likely or impossible."""
VOTE = """Problem:
{question}

{choices}

Decide which of the {count} partial solutions above is the most promising. Compare them, then end with a line
"The best choice is s", where s is its number."""
VALUES = {"sure": 20.0, "likely": 1.0, "impossible": 0.001}
"""The worth of the three verdicts (Yao et al., 2023, Game of 24)."""
_ITEM = re.compile(r"^\s{0,8}\d{1,3}[.):]\s+(\S.{0,4000})$", re.MULTILINE)
_WORD = re.compile(r"\b(sure|likely|impossible)\b", re.IGNORECASE)
_CHOICE = re.compile(r"best choice is\D{0,20}(\d{1,4})", re.IGNORECASE)


def propose_messages(question: str, partial: str, width: int) -> list[Message]:
    """The conversation that asks for next steps."""
    return _ask(PROPOSE.format(question=question, partial=partial.strip() or "(nothing yet)", width=width))


def value_messages(question: str, partial: str) -> list[Message]:
    """The conversation that asks for a verdict on one partial solution."""
    return _ask(VALUE.format(question=question, partial=partial.strip() or "(nothing yet)"))


def vote_messages(question: str, partials: Sequence[str]) -> list[Message]:
    """The conversation that asks which of several partial solutions is the best."""
    choices = "\n\n".join(f"Choice {i}:\n{text.strip()}" for i, text in enumerate(partials, 1))
    return _ask(VOTE.format(question=question, choices=choices, count=len(partials)))


def read_proposals(reply: str, width: int) -> list[str]:
    """The first `width` items of a numbered list; none where the reply is no list."""
    return [item.strip() for item in _ITEM.findall(reply)][:width]


def read_value(reply: str) -> float | None:
    """The worth of the last verdict in a reply; None where it gives none."""
    words = _WORD.findall(reply)
    return VALUES[words[-1].lower()] if words else None


def read_vote(reply: str, count: int) -> int | None:
    """The index that a reply chooses last; None where it chooses none that is there."""
    numbers = [int(number) for number in _CHOICE.findall(reply)]
    return numbers[-1] - 1 if numbers and 1 <= numbers[-1] <= count else None


def _ask(text: str) -> list[Message]:
    return [{"role": "user", "content": text}]
