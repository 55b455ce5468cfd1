"""Answer extraction, equivalence, the grading pool, estimators and intervals."""
