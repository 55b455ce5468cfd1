"""Fixtures for all tests. Nothing reads or writes outside a test's own folder, but for the real data where given."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scorers.pool import GradingPool


@pytest.fixture(scope="session")
def pool() -> Iterator[GradingPool]:
    """One grading pool for the session."""
    with GradingPool(workers=1) as opened:
        yield opened
