"""Phrases that say what the model is doing: turning back, checking, admitting a mistake."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

from harness.traces.detector import Detector, Event

KINDS = ("backtracking", "verification", "regret")
VERSION = "1"
MAX_LEADS = 3
"""Words such as "Okay, so" that may stand before a phrase."""

_BEFORE = r"[>*_#•(\s-]{0,12}([a-zA-Z]+)"
_FIRST = re.compile(_BEFORE)
_START = re.compile(r"[\n—–…✓.!?:;](?:(?<=[\n—–…✓])|(?<=\.\.\.)|[*_)\]’'$]{0,3}[^\S\n])" + _BEFORE)
_PUNCTUATION = re.compile(r"\s*[,.!?:;…—–-]*\s+")
_WORD = re.compile(r"[a-zA-Z]+")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """First word → (kind, what must follow); the words that may stand in front, and those of them behind which nothing
    is admitted; the digest of all that."""

    phrases: dict[str, tuple[tuple[str, re.Pattern[str]], ...]]
    leads: frozenset[str]
    hedges: frozenset[str]
    version: str


def parse(text: str) -> Lexicon:
    """A lexicon from TOML. Its version is the digest of its content, so that no change goes without one."""
    data = tomllib.loads(text)
    canonical = json.dumps(data, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    phrases: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for kind in KINDS:
        for word, follows in data[kind].items():
            either = "|".join(f"(?:{each})" for each in follows)
            pattern = either.replace(" ", r"\s").replace("'", "['’]")
            phrases.setdefault(word, []).append((kind, re.compile(pattern, re.IGNORECASE)))
    version = hashlib.sha256(canonical.encode()).hexdigest()[:8]
    return Lexicon(
        {word: tuple(own) for word, own in phrases.items()},
        frozenset(data["leads"]),
        frozenset(data["hedges"]),
        version,
    )


@cache
def lexicon() -> Lexicon:
    """The project's own lexicon."""
    return parse(Path(__file__).with_name("lexicon.toml").read_text(encoding="utf-8"))


def markers(text: str, used: Lexicon | None = None) -> list[Event]:
    """The marked sentences, in order, each kind once a sentence; an event spans from the sentence's first word to the
    end of the phrase. Linear in the length of the text."""
    used = used or lexicon()
    found: list[Event] = []
    ends: set[tuple[str, int]] = set()
    first = _FIRST.match(text)
    for match in chain([first] if first else [], _START.finditer(text)):
        word = match[1].lower()
        if word not in used.phrases and word not in used.leads:
            continue
        for event in _sentence(text, match.start(1), word, used):
            if (event.kind, event.end) not in ends:  # "Wait — let me check": what follows the dash is known already
                ends.add((event.kind, event.end))
                found.append(event)
    return found


def _sentence(text: str, start: int, word: str, used: Lexicon) -> list[Event]:
    """The kinds that one sentence shows."""
    found: dict[str, Event] = {}
    position, hedged = start, False
    for _ in range(MAX_LEADS + 1):
        after = position + len(word)
        for kind, follows in used.phrases.get(word, ()):
            if kind not in found and not (hedged and kind == "regret") and (match := follows.match(text, after)):
                found[kind] = Event(kind, start, max(match.end(), after))
        hedged |= word in used.hedges
        gap = _PUNCTUATION.match(text, after) if word in used.leads else None
        if gap is None or "\n" in gap[0] or "." in gap[0].replace("...", "") or "!" in gap[0] or "?" in gap[0]:
            break  # the next word begins a sentence of its own
        following = _WORD.match(text, gap.end())
        if following is None:
            break
        position, word = gap.end(), following[0].lower()
    return list(found.values())


def detectors() -> tuple[Detector, ...]:
    """The cards of the three kinds; their version names the lexicon."""
    version = f"{VERSION}+{lexicon().version}"
    where = (
        "A sentence that begins with one of the phrases of the lexicon, with words such as 'But' or 'Okay, so' "
        "in front of them or not; at most one event of a kind a sentence. The version ends with the lexicon's "
        "digest. "
    )
    return (
        Detector(
            "backtracking",
            version,
            where
            + "Backtracking: the model doubts or leaves the line it is on ('Wait,', 'Hmm', 'Alternatively', 'That "
            "can't be right', 'Let me try another approach').",
            "Meta-CoT paper, section 4.4",
        ),
        Detector(
            "verification",
            version,
            where + "Verification: it checks what it has ('Let me double-check', 'Check:', 'Plugging x back in').",
            "Meta-CoT paper, section 4.4",
        ),
        Detector(
            "regret",
            version,
            where
            + "Regret: it says itself that it made a mistake ('I made a mistake', 'Oops'; 'Let me reconsider' says "
            "less and does not count).",
            "Meta-CoT paper, section 6.4.1, whose phrases were not published",
        ),
    )
