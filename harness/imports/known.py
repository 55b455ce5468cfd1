"""What other harnesses' tasks have in common: which of them our scorer judges, and how they write a level."""

from __future__ import annotations

import re
from typing import Any

from harness.core import Level, ScorerRef
from scorers import math_answer

KNOWN = re.compile(r"math|gsm|aime|amc|olympiad|svamp|asdiv|mawps", re.IGNORECASE)
"""Names of tasks whose answers are mathematical, so that our scorer judges them."""
MATH_SCORER = ScorerRef("scorers.math_answer:grade", version=math_answer.VERSION)


def level(value: Any) -> Level | None:
    """The level in a document's field: "Level 5" is 5."""
    if isinstance(value, str):
        numbered = re.fullmatch(r"(?:Level )?(\d+)", value.strip())
        return int(numbered[1]) if numbered else value.strip() or None
    return int(value) if isinstance(value, int | float) else None
