"""What one problem has spent, what it may still spend, and how deep its chain of calls is.

All three are counted at points that depend on the strategy alone, never on which of several calls ends first, so that
a budget cuts the same path at any concurrency.
"""

from __future__ import annotations

from collections.abc import Sequence


class Meter:
    """Completion tokens of one problem, or of one branch of its search.

    `budget` is a hard limit (None: none). `spent` counts this meter and the branches below it; `serial` is the number
    of completion tokens on the longest chain of calls that waited for each other.
    """

    def __init__(self, budget: int | None = None, *, above: Meter | None = None) -> None:
        self.budget = budget
        self.spent = 0
        self._above = above
        self._serial = 0 if above is None else above.serial
        self._branches: list[Meter] = []

    def branch(self, share: int = 1) -> Meter:
        """The meter of a part that runs beside others: it may spend one `share`-th of what is left."""
        left = self.remaining
        below = Meter(None if left is None else left // share, above=self)
        self._branches.append(below)
        return below

    @property
    def remaining(self) -> int | None:
        """Tokens left, or None without a budget."""
        return None if self.budget is None else max(self.budget - self.spent, 0)

    @property
    def serial(self) -> int:
        """Tokens on the longest chain so far; branches run side by side."""
        return max([self._serial, *(below.serial for below in self._branches)])

    def admit(self, wishes: Sequence[int]) -> list[int]:
        """How many tokens each of the next calls may generate; calls left out must wait until these have ended.

        Without a budget all get what they wish. With one, as many go together as could all use up their wish; the
        first alone gets what is left, and 0 if nothing is."""
        left = self.remaining
        if left is None:
            return list(wishes)
        granted: list[int] = []
        for wish in wishes:
            if granted and wish > left:
                break
            granted.append(min(wish, left))
            left -= granted[-1]
        return granted

    def spend(self, tokens: int) -> None:
        """Count the tokens of one completion, here and above."""
        self.spent += tokens
        if self._above is not None:
            self._above.spend(tokens)

    def waited(self, tokens: int) -> None:
        """The longest of several calls side by side has ended, after so many tokens; what follows waits for it."""
        self._serial = self.serial + tokens
