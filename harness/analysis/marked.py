"""A response with what the detectors found marked in its text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

from harness.analysis.traces import FILE, part_of
from harness.run import Json, Run
from harness.traces.scan import scan

Shown = Callable[[str], str]


def records(run: Run, problem_id: str) -> dict[int, Json]:
    """The records of one problem's responses in analysis.json by their index; none where there is no such file. Lines
    are read one at a time."""
    wanted = json.dumps(problem_id)
    found = {}
    path = run.folder / FILE
    if path.exists():
        with path.open(encoding="utf-8") as stream:
            for line in stream:
                if line.startswith('{"problem_id"') and wanted in line:
                    record = json.loads(line.rstrip().rstrip(","))
                    if record["problem_id"] == problem_id:
                        found[record["index"]] = record
    return found


def marked(response: Json, delimiter: str, record: Json | None, shown: Shown = str) -> tuple[str, str]:
    """(the text with a mark ⟦…⟧ before everything found, a line that counts it). `record` is the response's own of
    analysis.json, for the verdicts of answers on the way; `shown` makes a text fit to be seen."""
    text, part = response["text"], part_of(response)
    found = scan(text[part.start : part.end], delimiter)
    verdicts = {a["start"]: a["correct"] for a in record["attempts"]} if record else {}
    marks: list[tuple[int, str]] = []
    for event in found.events:
        back = "" if event.of is None else f" of {_place(text, part.start + event.of, shown)}"
        marks.append((part.start + event.start, f"{event.kind}{back}"))
    for number, attempt in enumerate(found.attempts, 1):
        start = part.start + attempt.start
        verdict = {True: " ✓", False: " ✗"}.get(verdicts.get(start), "")  # type: ignore[arg-type]
        marks.append((start, f"attempt {number}: {shown(attempt.answer)}{verdict}"))
    return "".join(_pieces(text, sorted(marks), shown)), _summary(found.events, found.steps, len(found.attempts))


def _place(text: str, start: int, shown: Shown) -> str:
    """The beginning of what an event refers back to."""
    first = " ".join(text[start : start + 60].partition("\n\n")[0].split())
    return f"“{shown(first if len(first) <= 32 else first[:28] + '…')}”"


def _pieces(text: str, marks: list[tuple[int, str]], shown: Shown) -> Iterator[str]:
    last = 0
    for place, label in marks:
        yield shown(text[last:place])
        yield f"⟦{label}⟧"
        last = place
    yield shown(text[last:])


def _summary(events: tuple[object, ...], steps: int, attempts: int) -> str:
    counts: dict[str, int] = {}
    for event in events:
        kind = str(getattr(event, "kind", ""))
        counts[kind] = counts.get(kind, 0) + 1
    listed = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
    return f"{steps} steps, {attempts} attempts" + (f", {listed}" if listed else "")
