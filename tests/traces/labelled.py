"""The labelled snippets: reading them, and what the detectors make of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.traces.scan import scan
from harness.traces.text import tokens

HERE = Path(__file__).parent
KINDS = {
    "b": "backtracking", "v": "verification", "r": "regret", "f": "restated", "e": "exact", "n": "near",
    "t": "template", "s": "return", "a": "attempt",
}  # fmt: skip
_MARK = re.compile(r"⟨([a-z])(?::([^⟩]*))?⟩")
Found = tuple[str, int, str]
"""(kind, place, the answer of an attempt)"""


@dataclass(frozen=True)
class Snippet:
    name: str
    text: str
    labels: frozenset[Found]


def snippets(part: str) -> Iterator[Snippet]:
    """The snippets of "tuned" or "held_out"."""
    for path in sorted(HERE.glob(f"{part}_*.txt")):
        for block in re.split(r"^=== ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            name, _, marked = block.partition("\n")
            yield read(name.strip(), marked.strip("\n"))


def read(name: str, marked: str) -> Snippet:
    """A snippet without its marks, and what they say."""
    text, labels, last = "", set(), 0
    for match in _MARK.finditer(marked):
        text += marked[last : match.start()]
        last = match.end()
        labels.add((KINDS[match[1]], len(text), " ".join(tokens(match[2] or ""))))
    return Snippet(name, text + marked[last:], frozenset(labels))


def predicted(snippet: Snippet) -> set[Found]:
    """What the detectors say of a snippet, put on the place of the label they could have meant: the sentence, step or
    formula in which they found something."""
    scanned = scan(snippet.text, "\n\n")
    found = {(e.kind, e.start, "") for e in scanned.events}
    found |= {("attempt", s.start, " ".join(tokens(s.answer))) for s in scanned.attempts}
    return {_settled(each, snippet) for each in found}


def _settled(found: Found, snippet: Snippet) -> Found:
    """A statement stands somewhere in its sentence, a phrase behind a star or a bracket: take the label's place."""
    kind, place, answer = found
    reach = 120 if kind == "attempt" else 4
    near = [at for k, at, a in snippet.labels if (k, a) == (kind, answer) and 0 <= place - at <= reach]
    return (kind, max(near), answer) if near else found


def confusion(part: str) -> tuple[dict[str, Counter[str]], list[str]]:
    """For each kind: how many right, spurious and missed; and a line for each mistake."""
    counts = {kind: Counter[str]() for kind in KINDS.values()}
    wrong = []
    for snippet in snippets(part):
        found = predicted(snippet)
        for outcome, these in (
            ("right", found & snippet.labels),
            ("spurious", found - snippet.labels),
            ("missed", snippet.labels - found),
        ):
            for kind, place, answer in sorted(these):
                counts[kind][outcome] += 1
                if outcome != "right":
                    wrong.append(f"{snippet.name} {outcome} {kind} {answer}: {snippet.text[place : place + 70]!r}")
    return counts, wrong


def table(part: str) -> str:
    """Precision and recall of every kind."""
    counts, _ = confusion(part)
    lines = [f"{part:13} labels  precision  recall"]
    for kind, own in counts.items():
        said, true = own["right"] + own["spurious"], own["right"] + own["missed"]
        precision, recall = own["right"] / said if said else 1.0, own["right"] / true if true else 1.0
        lines.append(f"{kind:13} {true:6}  {precision:9.2f}  {recall:6.2f}")
    return "\n".join(lines)
