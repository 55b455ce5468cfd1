"""What a detector says of itself, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Detector:
    """A detector's card: `definition` is what a reader of its numbers is told, `source` where the measure comes from.

    `version` changes with every change of what it finds (`tests/traces/test_versions.py` holds it to that)."""

    name: str
    version: str
    definition: str
    source: str = ""

    def card(self) -> dict[str, str]:
        """The card in JSON."""
        named = {"name": self.name, "version": self.version, "definition": self.definition, "source": self.source}
        return {key: value for key, value in named.items() if value}


@dataclass(frozen=True, slots=True)
class Event:
    """Something found in a text, from `start` to `end` (characters). `of` is the start of what it refers back to: the
    step that is said again, the formula's first place."""

    kind: str
    start: int
    end: int
    of: int | None = None

    def line(self, offset: int = 0) -> dict[str, Any]:
        """The event in JSON, its places moved by `offset`."""
        found: dict[str, Any] = {"kind": self.kind, "start": self.start + offset, "end": self.end + offset}
        return found if self.of is None else {**found, "of": self.of + offset}
