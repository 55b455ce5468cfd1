"""math-verify as it recommends to be used: gold and response parsed by LaTeX and expression extraction, then verified.

Its own time limits (5 s for a parse, 5 s for a comparison) are left on; they need the main thread of a process.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any

from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify

from harness.core import Grade, Problem

logging.getLogger("math_verify").setLevel(logging.CRITICAL)
CONFIG = (LatexExtractionConfig(), ExprExtractionConfig())


def grade(response: str, problem: Problem) -> Grade:
    """math-verify's verdict on a response; the gold answer of the problem is parsed once."""
    return Grade(bool(verify(gold(problem.answer or ""), parse(response, CONFIG))), reason="math-verify")


@lru_cache(maxsize=1024)
def gold(answer: str) -> list[Any]:
    """A gold answer as math-verify reads it: between dollars (in a box it does about as well, bare far worse)."""
    return list(parse(f"${answer}$", CONFIG))
