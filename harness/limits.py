"""What a command may spend in all: tokens, money, hours. Reaching a limit ends it cleanly, with code 12.

No call is begun after a limit is reached; those under way are finished and logged, so the overshoot is at most what was
in flight. Tokens and money are those of all engine calls in the logs of the command's runs, earlier attempts included:
the same command does not start counting anew. Hours are those of the command itself.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from harness.calls import billed
from harness.core import HarnessError, Usage
from harness.files import read_lines

MILLION = 1e6


class LimitError(HarnessError):
    """A limit of the command is reached; what is finished is kept and the run can go on."""

    code = 12


@dataclass(frozen=True, slots=True)
class Prices:
    """Money per million tokens of each kind, and per hour. `cached_prompt` None is the price of `prompt`; a verifier's
    tokens cost what `verifier_prompt` and `verifier_completion` say, None being the policy's prices."""

    prompt: float = 0.0
    completion: float = 0.0
    cached_prompt: float | None = None
    verifier_prompt: float | None = None
    verifier_completion: float | None = None
    hour: float = 0.0

    def of(self, usage: Usage) -> float:
        """What tokens cost, without the hours."""
        cached = self.prompt if self.cached_prompt is None else self.cached_prompt
        read = self.prompt if self.verifier_prompt is None else self.verifier_prompt
        written = self.completion if self.verifier_completion is None else self.verifier_completion
        amount = (usage.prompt_tokens - usage.cached_prompt_tokens) * self.prompt + usage.cached_prompt_tokens * cached
        amount += usage.completion_tokens * self.completion
        amount += (usage.verifier_tokens - usage.verifier_completion_tokens) * read
        return (amount + usage.verifier_completion_tokens * written) / MILLION

    @staticmethod
    def parse(values: Mapping[str, Any]) -> Prices:
        """From a table of numbers. Raises ValueError, with what is wrong."""
        known = [each.name for each in fields(Prices)]
        if unknown := [name for name in values if name not in known]:
            raise ValueError(f"'{unknown[0]}' is no price; there are {', '.join(known)}")
        for name, value in values.items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
                raise ValueError(f"{name} is a number from 0 on, not {value!r}")
        return Prices(**{name: float(value) for name, value in values.items()})


@dataclass(slots=True)
class Limits:
    """The limits of one command, shared by all its runs, and what is spent so far."""

    max_seconds: float | None = None
    max_tokens: int | None = None
    max_cost: float | None = None
    prices: Prices = field(default_factory=Prices)
    tokens: int = 0
    _tokens_cost: float = 0.0
    _started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Since the command began."""
        return time.monotonic() - self._started

    @property
    def cost(self) -> float:
        """Money so far, in the unit of the prices."""
        return self._tokens_cost + self.seconds / 3600 * self.prices.hour

    def resume(self, log: Path) -> None:
        """Count what earlier attempts of a run have spent: its engine calls, not the answers copied from siblings."""
        if self.max_tokens is None and self.max_cost is None:
            return
        for _, _, record in read_lines(log):
            if record is not None and "from" not in record and "result" in record:
                self.spend(billed(record.get("kind", "policy"), record["result"]))

    def spend(self, usage: Usage) -> None:
        """Count one engine call."""
        self.tokens += usage.prompt_tokens + usage.completion_tokens + usage.verifier_tokens
        self._tokens_cost += self.prices.of(usage)

    def check(self) -> None:
        """Raises LimitError where a limit is reached; called before every engine call."""
        if reached := self.reached():
            raise LimitError(f"{reached}; what is finished is kept, and the same command with a higher limit goes on.")

    def reached(self) -> str | None:
        """Which limit is reached, in words; None while there is room."""
        if self.max_tokens is not None and self.tokens >= self.max_tokens:
            return f"--max-total-tokens {self.max_tokens} is reached ({self.tokens:,} tokens)"
        if self.max_cost is not None and self.cost >= self.max_cost:
            return f"--max-cost {self.max_cost:g} is reached ({self.cost:.2f})"
        if self.max_seconds is not None and self.seconds >= self.max_seconds:
            return f"--max-hours {self.max_seconds / 3600:g} is reached"
        return None
