"""What a person sees while a run goes on: one line that rewrites itself, or plain lines where nobody watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TextIO

from harness.core import Usage
from harness.run import Json
from scorers.intervals import mean_estimate

PLAIN_SECONDS = 30.0
LIVE_SECONDS = 0.2


class Progress:
    """Counts what is done and prints it: problems, accuracy with 95 % interval, tokens/s, truncated, errors, ETA."""

    def __init__(
        self, label: str, total: int, done: int = 0, *, side_by_side: int = 1, stream: TextIO | None = None
    ) -> None:
        self._side_by_side = side_by_side
        self._stream = stream or sys.stderr
        self._label = label
        self._total = total
        self._resumed = self._done = done
        self._live = self._stream.isatty()
        self._started = self._printed = time.monotonic()
        self._tokens = 0
        self._truncated = self._errors = 0
        self._correct: list[float] = []
        if done:
            self.say(f"{label}: continuing, {done} of {total} problems were finished before")

    def say(self, text: str) -> None:
        """A line of its own."""
        print("\r\x1b[K" + text if self._live else text, file=self._stream, flush=True)

    def problem(self, record: Json, responses: Sequence[Json], generated: Usage) -> None:
        """Count one problem that ended."""
        self._done += 1
        self._tokens += generated.completion_tokens
        self._truncated += sum(r["finish_reason"] == "length" for r in responses)
        self._errors += record["status"] == "error"
        if record["correct"] is not None:
            self._correct.append(float(record["correct"]))
        wait = LIVE_SECONDS if self._live else PLAIN_SECONDS
        if time.monotonic() - self._printed >= wait or self._done == self._total:
            self._printed = time.monotonic()
            self._print()

    def line(self) -> str:
        """The line as it stands."""
        seconds = max(time.monotonic() - self._started, 1e-9)
        parts = [f"{self._label}: {self._done}/{self._total}"]
        estimate = mean_estimate(self._correct)
        if estimate is not None and estimate.low is not None and estimate.high is not None:
            spread = f" [{100 * estimate.low:.0f}, {100 * estimate.high:.0f}]"
            parts.append(f"accuracy {100 * estimate.value:.1f}{spread}")
        parts.append(f"{self._tokens / seconds:.0f} tok/s")
        parts.append(f"{self._truncated} truncated")
        parts.append(f"{self._errors} errors")
        left = self._total - self._done
        if self._done > self._resumed and left:
            # Those under way are half done on average; without them the first to end would promise hours.
            worked = self._done - self._resumed + min(self._side_by_side, left) / 2
            parts.append(f"ETA {clock(seconds * (self._total - self._resumed - worked) / worked)}")
        return " · ".join(parts)

    def _print(self) -> None:
        if self._live:
            print("\r\x1b[K" + self.line(), end="", file=self._stream, flush=True)
        else:
            print(self.line(), file=self._stream, flush=True)

    def close(self) -> None:
        """Leave the line behind."""
        if self._live:
            print("\r\x1b[K" + self.line(), file=self._stream, flush=True)


def clock(seconds: float) -> str:
    """Seconds as a person reads them: `42 s`, `3:07`, `2:15:00`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"
