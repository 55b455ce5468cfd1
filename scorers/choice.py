"""Grades multiple choice: a letter, a letter with its text, or the text of exactly one choice.

`problem.answer` is the letter of the right choice, `problem.doc["choices"]` holds the texts from A on, in a list or a
mapping.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from harness.core import Grade, Problem
from scorers.equivalence import equivalent
from scorers.extract import extract
from scorers.reading import label

VERSION = "5"
_MARKUP = re.compile(
    r"\\(?:text|textbf|textrm|textit|mathrm|mathbf|mbox|boldsymbol|bf|rm|left|right)(?![a-zA-Z])|[${}\s~]"
)
_LETTER = re.compile(r"^(?:(?:option|choice|answer)[:.]?)?\(?([A-Za-z])\)?[.:,]?$", re.IGNORECASE)


def grade(response: str, problem: Problem) -> Grade:
    """The grade of a response; `canonical` is the letter chosen."""
    choices = choice_texts(problem.doc.get("choices"))
    gold = letter_of(problem.answer or "", len(choices))
    found = extract(response)
    if found.answer is None:
        return Grade(None if gold is None else False, rule=found.rule, reason="no final answer")
    chosen = chosen_letter(found.answer, choices)
    if gold is None:
        return Grade(None, found.answer, chosen, found.rule, "the problem names no right choice")
    if chosen is None:
        return Grade(False, found.answer, None, found.rule, "none of the choices")
    return Grade(chosen == gold, found.answer, chosen, found.rule, f"choice {chosen}")


def choice_texts(choices: Any) -> list[str]:
    """The texts of the choices in the order of their letters."""
    if isinstance(choices, Mapping):
        return [str(choices[key]) for key in sorted(choices)]
    if isinstance(choices, Sequence) and not isinstance(choices, str):
        return [str(choice) for choice in choices]
    return []


def letter_of(text: str, count: int) -> str | None:
    """The letter that a text is, if it is one of the first `count` (any letter of A to J if `count` is 0)."""
    match = _LETTER.match(_MARKUP.sub("", text)[:40].strip("."))
    if match is None:
        return None
    letter = match[1].upper()
    return letter if ord(letter) - ord("A") < (count or 10) else None


def chosen_letter(answer: str, choices: Sequence[str]) -> str | None:
    """The choice that an answer names: by its letter, by letter and text, or by the text of one choice alone.

    Where a single letter is also the text of a choice, the letter of the choice counts."""
    letter = letter_of(answer, len(choices))
    if letter:
        return letter
    labelled = label(answer)
    if labelled and ord(labelled[0]) - ord("A") < (len(choices) or 10):
        return labelled[0]
    same = [index for index, text in enumerate(choices) if equivalent(text, answer)]
    return chr(ord("A") + same[0]) if len(same) == 1 else None
