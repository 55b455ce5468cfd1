"""Responses and search trees in the form that the pages show: texts as safe markup, numbers as numbers."""

from __future__ import annotations

import heapq
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import accumulate

from harness.core import UsageError
from harness.run import Json
from leaderboard.characters import plain, visible
from leaderboard.prose import prose
from leaderboard.shards import fits

__all__ = ["NODES", "Chosen", "response", "responses", "tree"]

NODES = 600
"""Nodes of a tree that are kept: those that were visited most."""
_STEP = (1_500, 500)
"""Characters of a step in a tree that are shown: its beginning and its end."""


class Chosen:
    """The problems whose transcripts are shown, kept as lines go by.

    "sample:N" takes the same N problems in every run of a task, those whose ids have the least digests, so that runs
    can be read side by side. Raises UsageError for a rule that there is not."""

    def __init__(self, rule: str) -> None:
        match = re.fullmatch(r"sample:([1-9]\d{0,6})", rule)
        if match is None and rule not in ("all", "none", "failed"):
            raise UsageError(f"Transcripts '{rule}' is not known. Say all, failed, none or sample:200.")
        self._rule = rule
        self._most = int(match[1]) if match else None
        self._kept: list[tuple[int, int, Json]] = []

    def take(self, place: int, problem: Json) -> None:
        """Keep a problem, or not; `place` is its number."""
        if self._rule == "none" or (self._rule == "failed" and problem["correct"] is True):
            return
        if self._most is None:
            self._kept.append((0, place, problem))
            return
        item = -_draw(problem["problem_id"]), -place, problem
        if len(self._kept) < self._most:
            heapq.heappush(self._kept, item)
        elif item > self._kept[0]:
            heapq.heapreplace(self._kept, item)

    def problems(self) -> list[tuple[int, Json]]:
        """(number, line), in the order of the numbers."""
        return sorted(((abs(place), problem) for _, place, problem in self._kept), key=lambda pair: pair[0])


@lru_cache(maxsize=1 << 16)
def _draw(name: str) -> int:
    """The number by which a problem is drawn: the same in every run."""
    return int.from_bytes(sha256(name.encode("utf-8", "replace")).digest()[:8])


def responses(problem: Json) -> Iterator[Json]:
    """The responses of a problem, each small enough for a shard."""
    return (response(each) for each in problem["responses"])


def response(each: Json) -> Json:
    """One response; its text as steps where the verifier scored as many as there are, else as one."""
    usage = each["usage"]
    found = {
        "index": each["index"],
        "correct": each["correct"],
        "chosen": each["chosen"],
        "answer": None if each["answer"] is None else plain(each["answer"][:500]),
        "score": _rounded(each["score"]),
        "scores": [_rounded(s) for s in each["step_scores"]][:400],
        "tokens": usage["completion_tokens"],
        "thinking": usage["thinking_tokens"],
        "ended": each["finish_reason"],
    }
    if each["text"] is None:
        return found
    pieces = _steps(each["text"], len(each["step_scores"]))
    head, tail = 16_000, 4_000
    while True:
        share = max(1, len(pieces))
        found["html"] = [prose(piece, head=head // share + 200, tail=tail // share + 200) for piece in pieces]
        if fits(found) or head < 500:
            return found
        head, tail = head // 2, tail // 2


def _steps(text: str, scores: int) -> list[str]:
    """The steps of a response, where blank lines make as many as have scores; else the whole."""
    whole = scores < 2 or scores > 400 or "<think" in text
    parts = [] if whole else [part for part in re.split(r"\n[^\S\n]*\n\s*", text) if part.strip()]
    return parts if parts and len(parts) == scores else [text]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


# ---------------------------------------------------------------------------------------------------- trees


def tree(problem: Json) -> Json:
    """A problem's tree in columns, a number of lists as long as it has nodes, parents before children.

    Of a large one the `NODES` visited most are kept, with all that lies above them; `hidden` counts for each node the
    children that are not here. `born` is the round of the search in which a node was made, `clock` the tokens in nodes
    that had been spent by the end of each round. `path` marks the way to the chosen response."""
    nodes: Sequence[Json] = problem["tree"]["nodes"]
    verdicts = {each["index"]: each["correct"] for each in problem["responses"]}
    place = {node["id"]: i for i, node in enumerate(nodes)}
    parents = [None if node["parent"] is None else place[node["parent"]] for node in nodes]
    path = _path(nodes, parents, problem["chosen"])
    kept = _kept(nodes, parents, path)
    renamed = {old: new for new, old in enumerate(kept)}
    hidden = [0] * len(kept)
    for i, parent in enumerate(parents):
        if i not in renamed and parent in renamed:
            hidden[renamed[parent]] += 1
    clock = _clock(nodes)
    rounds = {made: number for number, made in enumerate(clock)}
    found: Json = {
        "nodes": len(nodes),
        "parent": [None if (p := parents[i]) is None else renamed[p] for i in kept],
        "state": [nodes[i]["state"] for i in kept],
        "kind": [nodes[i].get("kind") for i in kept],
        "visits": [nodes[i]["visits"] for i in kept],
        "value": [_rounded(nodes[i]["value"]) for i in kept],
        "score": [_rounded(nodes[i]["score"]) for i in kept],
        "tokens": [nodes[i]["tokens"] for i in kept],
        "born": [rounds[nodes[i]["made"]] for i in kept],
        "candidate": [nodes[i]["candidate"] for i in kept],
        "correct": [verdicts.get(nodes[i]["candidate"]) for i in kept],
        "path": [i in path for i in kept],
        "hidden": hidden,
        "clock": list(clock.values()),
    }
    return {**found, **_texts([nodes[i]["step"] for i in kept])}


def _texts(steps: Sequence[str | None]) -> Json:
    """`labels`, the beginnings as text, and `html`, null where the label is all; shortened where they are too many."""
    if all(step is None for step in steps):
        return {"labels": None, "html": None}
    head, tail = _STEP
    while True:
        labels = [plain(" ".join((step or "")[:800].split())[:80]) for step in steps]
        full = [prose((step or "").strip(), head=head, tail=tail) for step in steps]
        html = [None if made == visible(label) else made for made, label in zip(full, labels, strict=True)]
        if fits([html, labels]) or head < 20:
            return {"labels": labels, "html": html}
        head, tail = head // 2, tail // 2


def _path(nodes: Sequence[Json], parents: Sequence[int | None], chosen: int | None) -> set[int]:
    """The nodes from the root to the chosen response."""
    at = next((i for i, n in enumerate(nodes) if chosen is not None and n["candidate"] == chosen), None)
    found = set()
    while at is not None and at not in found:
        found.add(at)
        at = parents[at]
    return found


def _kept(nodes: Sequence[Json], parents: Sequence[int | None], path: set[int]) -> list[int]:
    """The nodes to keep, in their order: the path, then the most visited and best, each with what is above it."""
    kept = set(path)
    order = sorted(range(len(nodes)), key=lambda i: (-(nodes[i]["visits"] or 0), -(nodes[i]["score"] or 0.0), i))
    for first in order:
        way: list[int] = []
        at: int | None = first
        while at is not None and at not in kept and at not in way:
            way.append(at)
            at = parents[at]
        if len(kept) + len(way) > NODES:
            break
        kept.update(way)
    return sorted(kept)


def _clock(nodes: Sequence[Json]) -> dict[int, int]:
    """The tokens in nodes that had been spent by the end of each round, by the `made` of its nodes."""
    spent: defaultdict[int, int] = defaultdict(int)
    for node in nodes:
        spent[node["made"]] += node["tokens"]
    return dict(zip(sorted(spent), accumulate(spent[made] for made in sorted(spent)), strict=True))
