"""Problems, transcripts and search trees: three pages that show what the shards beside them hold.

The samples of every entry are read once here: their counts, texts and trees become shards of a run, and the problems
that the runs of a task share become shards of the task.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from harness.run import Json
from leaderboard.characters import plain
from leaderboard.counts import Catalogue, Counts
from leaderboard.entry import Entry, slug
from leaderboard.figures import budget
from leaderboard.prose import prose
from leaderboard.render import render
from leaderboard.shards import packed, script
from leaderboard.site import Site
from leaderboard.transcripts import Chosen, responses, tree

FIRST = True
"""It reads the samples of every entry, whose tallies the other pages then have."""
SHEET = 50
"""Problems in a shard of a task."""
Page = tuple[str, str | bytes]


def pages(site: Site) -> Iterator[Page]:
    """problem.html, transcript.html, tree.html, and their data."""
    for name in ("problem", "transcript", "tree"):
        yield f"{name}.html", render(f"{name}.html.j2", f"{name}.html", site=site)
    columns = {entry.id: Column(entry) for entry in site.entries}
    for task in site.tasks:
        yield from _task(site, task, [columns[entry.id] for entry in site.of_task(task)])
    yield "data/runs.js", script("runs", [about(column) for column in columns.values()])


def about(column: Column) -> Json:
    """What the pages say of a run beside its numbers."""
    entry = column.entry
    identity = entry.data["manifest"]["identity"]
    return {
        "id": entry.id,
        "href": entry.href,
        "task": entry.task,
        "folder": slug(entry.task),
        "model": plain(entry.model),
        "strategy": entry.strategy,
        "budget": budget(entry),
        "parameters": entry.parameters,
        "verifier": entry.verifier,
        "metric": entry.metric,
        "drawing": entry.drawing,
        "date": entry.date,
        "label": entry.data["label"],
        "sampling": {k: v for k, v in identity["sampling"].items() if k != "seed"},
        "gold_seen": bool((entry.data["verifier"] or {}).get("uses_gold")),
        "samples": len(column.counts.rows) > 0,
        "transcripts": len(column.shards["t"]),
        "trees": len(column.shards["g"]),
    }


def _task(site: Site, task: str, columns: Sequence[Column]) -> Iterator[Page]:
    """The shards of one task and of its runs."""
    folder, catalogue, texts = slug(task), Catalogue(), dict[int, Json]()
    for column in columns:
        yield from _run(site, column, catalogue, texts)
    data = {**catalogue.data(), "solved": _solved(len(catalogue.places), columns)}
    yield f"data/task/{folder}/problems.js", script(f"problems/{task}", data)
    for start in range(0, len(catalogue.places), SHEET):
        places = range(start, min(start + SHEET, len(catalogue.places)))
        content = {"problems": [texts.get(place) for place in places],
                   "runs": {column.entry.id: column.part(places) for column in columns}}  # fmt: skip
        number = start // SHEET
        yield f"data/task/{folder}/p{number}.js", script(f"p/{task}/{number}", content)


def _solved(count: int, columns: Sequence[Column]) -> list[float | None]:
    """The share of correct responses of each problem, averaged over the runs that have it."""
    found: list[float | None] = []
    for place in range(count):
        shares = [share[0] / share[1] for column in columns if (share := column.counts.share(place)) is not None]
        found.append(round(sum(shares) / len(shares), 3) if shares else None)
    return found


@dataclass
class Column:
    """One run among those of its task: its numbers per problem, and where its transcripts (t) and trees (g) are."""

    entry: Entry
    counts: Counts = field(default_factory=Counts)
    shards: dict[str, dict[str, list[int]]] = field(default_factory=lambda: {"t": {}, "g": {}})

    def part(self, places: range) -> Json:
        """Its numbers of some problems; c is -1 where it has none."""
        shares = [self.counts.share(place) or (-1, 0) for place in places]
        shown = {kind: [p - places.start for p in places if str(p) in self.shards[kind]] for kind in self.shards}
        return {"c": [c for c, _ in shares], "n": [n for _, n in shares], "shown": shown["t"], "trees": shown["g"]}


def _run(site: Site, column: Column, catalogue: Catalogue, texts: dict[int, Json]) -> Iterator[Page]:
    """The shards of one run; its problems' places, numbers and texts are put into the last three."""
    entry, chosen = column.entry, Chosen(site.options.transcripts)
    for problem in entry.problems():
        place = catalogue.place(problem)
        column.counts.put(place, problem)
        if place not in texts or (entry.textual and texts[place]["html"] is None):
            texts[place] = _problem(problem)
        if problem["status"] == "ok":
            chosen.take(place, problem)
    base = f"data/run/{entry.id}"
    for kind, parts in (("t", _transcripts(chosen)), ("g", _trees(chosen))):
        where = column.shards[kind]
        for number, (names, content) in enumerate(packed(f"{kind}/{entry.id}/", parts)):
            for name in names:
                where.setdefault(name, [number, number])[1] = number
            yield f"{base}/{kind}{number}.js", content
    yield f"{base}/counts.js", script(f"counts/{entry.id}", {**column.counts.data(), "shards": column.shards})


def _transcripts(chosen: Chosen) -> Iterator[tuple[str, Json]]:
    return ((str(place), each) for place, problem in chosen.problems() for each in responses(problem))


def _trees(chosen: Chosen) -> Iterator[tuple[str, Json]]:
    shown = ((place, problem) for place, problem in chosen.problems() if problem["tree"])
    return ((str(place), tree(problem)) for place, problem in shown)


def _problem(problem: Json) -> Json:
    """What is known of a problem itself: its statement, the gold answer, what human solutions take."""
    human = problem["human_tokens"]
    return {
        "html": None if problem["statement"] is None else prose(problem["statement"]),
        "gold_html": None if problem["gold"] is None else _answer(problem["gold"]),
        "human": {"solutions": len(human), "tokens": round(sum(human) / len(human))} if human else None,
        "difficulty": problem["difficulty"],
    }


def _answer(gold: str) -> str:
    """A gold answer, which is TeX as often as not."""
    as_maths = any(c in gold for c in "\\^_") and "$" not in gold
    return prose(f"${gold}$" if as_maths else gold, head=1000, tail=200)
