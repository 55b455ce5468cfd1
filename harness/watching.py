"""Following a run from outside, by reading its files: what is done, how well, how fast, how long it will take."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from harness import housekeeping
from harness.progress import clock
from harness.run import Json, Run
from scorers.intervals import mean_estimate

PARTS = ("problems.jsonl", "responses.jsonl", "calls.jsonl", "trees.jsonl")


@dataclass
class Watcher:
    """One run. `look` reads what was added since the last time; a run whose lines were put into another order (at the
    end, or when it was continued) is read anew."""

    folder: Path
    _offset: int = 0
    _inode: int = 0
    _seen: dict[str, Json] = field(default_factory=dict)

    def look(self) -> Look:
        """The state of the run now. Raises UsageError if it is gone or no run."""
        run = Run.open(self.folder)
        self._read()
        return Look(run, housekeeping.state(run), list(self._seen.values()))

    def _read(self) -> None:
        """Take in the whole lines of problems.jsonl that are new; a half one waits."""
        path = self.folder / "problems.jsonl"
        try:
            with path.open("rb") as stream:
                about = path.stat()
                if about.st_ino != self._inode or about.st_size < self._offset:
                    self._inode, self._offset, self._seen = about.st_ino, 0, {}
                stream.seek(self._offset)
                for raw in stream:
                    if not raw.endswith(b"\n"):
                        break
                    self._offset += len(raw)
                    self._take(raw)
        except FileNotFoundError:
            self._inode, self._offset, self._seen = 0, 0, {}

    def _take(self, raw: bytes) -> None:
        try:
            line: Any = json.loads(raw)
        except ValueError:
            return  # damaged; the run sets it aside when it goes on
        if isinstance(line, dict) and "problem_id" in line:
            usage = line.get("usage") or {}
            kept = {name: line.get(name) for name in ("status", "correct")}
            self._seen[line["problem_id"]] = {**kept, "tokens": usage.get("completion_tokens") or 0}


@dataclass(frozen=True, slots=True)
class Look:
    """A run at one moment. `problems` are those that ended: status, correct, tokens."""

    run: Run
    state: str
    problems: list[Json]

    @property
    def over(self) -> bool:
        """Whether nobody works on it."""
        return self.state != "running"

    def numbers(self, now: float | None = None) -> Json:
        """Counts; accuracy so far with its 95 % interval over the problems that ended; tokens a second and the seconds
        left, from the time that all sessions took, waits and model loading included."""
        total, done = len(self.run.manifest["problem_ids"]), len(self.problems)
        found = mean_estimate([float(p["correct"]) for p in self.problems if p["correct"] is not None])
        tokens, seconds = sum(p["tokens"] for p in self.problems), self._seconds(now)
        left = total - done
        return {
            "run": str(self.run.folder),
            "state": self.state,
            "done": done,
            "total": total,
            "errors": sum(p["status"] == "error" for p in self.problems),
            "accuracy": None if found is None else found.value,
            "low": None if found is None else found.low,
            "high": None if found is None else found.high,
            "completion_tokens": tokens,
            "tokens_per_second": tokens / seconds if seconds else None,
            "seconds": seconds,
            "seconds_left": seconds / done * left if seconds and done and left and not self.over else None,
        }

    def _seconds(self, now: float | None) -> float:
        """What the sessions took; of one that did not end, from its start until now, or until its last line."""
        manifest = self.run.manifest
        ended = sum(session.get("seconds") or 0.0 for session in manifest.get("sessions") or ())
        if manifest["state"] != "running":
            return float(ended)
        files = [self.run.folder / name for name in PARTS]
        last = max((path.stat().st_mtime for path in files if path.exists()), default=0.0)
        until = (time.time() if now is None else now) if not self.over else last
        return float(ended + max(until - datetime.fromisoformat(manifest["updated"]).timestamp(), 0.0))

    def line(self) -> str:
        """The numbers on one line, in plain text."""
        numbers, identity = self.numbers(), self.run.manifest["identity"]
        parts = [f"{identity['task']['name']} {identity['strategy']['name']}: {numbers['done']}/{numbers['total']}"]
        if numbers["accuracy"] is not None:
            interval = "" if numbers["low"] is None else f" [{100 * numbers['low']:.0f}, {100 * numbers['high']:.0f}]"
            parts.append(f"accuracy {100 * numbers['accuracy']:.1f}{interval}")
        if numbers["tokens_per_second"] is not None:
            parts.append(f"{numbers['tokens_per_second']:.0f} tok/s")
        parts.append(f"{numbers['errors']} errors")
        if numbers["seconds_left"] is not None:
            parts.append(f"ETA {clock(numbers['seconds_left'])}")
        text = " · ".join([*parts, self.state])
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
