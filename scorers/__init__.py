"""Answer extraction, equivalence, the grading pool, estimators and intervals.

The functions below are the numbers and verdicts of this project as plain functions; lists hold an entry per response of
one problem.
"""

from scorers.equivalence import canonical, equivalent
from scorers.estimators import (
    best_at_k,
    g_pass_at_k,
    maj_at_k,
    pass_at_k,
    pass_hat_k,
    weighted_maj_at_k,
)
from scorers.extract import extract_answer

__all__ = [
    "best_at_k",
    "canonical",
    "equivalent",
    "extract_answer",
    "g_pass_at_k",
    "maj_at_k",
    "pass_at_k",
    "pass_hat_k",
    "weighted_maj_at_k",
]
