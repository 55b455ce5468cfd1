"""The tables of `harness analyze`: what responses consist of, their attempts, regret; each with its definitions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from harness.analysis.trace_measures import MEASURES, TABLE, Analysed, measures
from harness.run import Json, Run
from harness.traces.scan import detectors
from reports.cost import head
from reports.tables import caption
from reports.views import View
from scorers.intervals import FEWEST

CONTENT = {
    "tokens": "tokens", "steps": "steps", "backtracking_per_1000": "backtracking", "verification_per_1000": "checking",
    "regret_per_1000": "regret", "return_per_1000": "returns", "repetition_rate": "repeated steps",
    "semantic_per_1000": "like meaning", "repeated_token_share": "their tokens",
    "repeated_gram_share": "repeated 5-grams", "restated_share": "restated formulas",
}  # fmt: skip
ATTEMPTS = {
    "attempts": "attempts", "first_final": "first final", "reach_of_final": "reached at", "outcome_efficiency": "ξ_O",
    "right_to_wrong": "right→wrong", "wrong_to_right": "wrong→right", "thinking_differs": "thinking differs",
}  # fmt: skip
_PLAIN = ("tokens", "steps", "attempts", "first_final", "regret_odds_ratio")
Index = Mapping[tuple[object, str, int | None], Json]


def tables(run: Run, analysed: Sequence[Analysed], *, by: str = "level") -> list[View]:
    """The tables of one run. The tidy rows of all measures stand in the first one."""
    rows = measures(analysed, by=by)
    index = {(row["value_of_group"], row["measure"], row["k"]): row for row in rows}
    groups = list(dict.fromkeys(row["value_of_group"] for row in rows))
    name = caption(run)
    views = [
        _by_group(f"what thinking consists of · {name}", groups, CONTENT, index, by=by, notes=_about(run, analysed))
    ]
    views.append(_by_group(f"attempts · {name}", groups, ATTEMPTS, index, by=by, notes=[]))
    views += _at_attempt(name, index)
    views += _two_by_two(name, index)
    views += _regret(name, index)
    views[0].rows.extend(with_definitions(run, rows))
    return views


def with_definitions(run: Run, rows: Sequence[Json]) -> list[Json]:
    """Rows that say of which run they are, by which version of a detector, and what they mean."""
    versions = {detector.name: detector.version for detector in detectors()}
    return [
        {**head(run), **row, "version": versions[row["detector"]], "definition": MEASURES[row["measure"]].definition}
        for row in rows
    ]


def as_json(shown: Sequence[tuple[Run, Sequence[View]]]) -> str:
    """The detectors' definitions, and the tidy rows of every run."""
    rows = [row for _, views in shown for view in views for row in view.rows]
    return json.dumps({"detectors": [detector.card() for detector in detectors()], "rows": rows}, allow_nan=False)


def definitions() -> list[str]:
    """What each detector finds, a line each, with its version."""
    return [f"- {card.name} {card.version}: {card.definition}" for card in detectors()]


def _by_group(
    title: str, groups: Sequence[object], columns: Mapping[str, str], index: Index, *, by: str, notes: Sequence[str]
) -> View:
    """One line a group; columns without a number anywhere are left out."""
    shown = {n: label for n, label in columns.items() if any(_has(index.get((g, n, None))) for g in groups)}
    body = [
        [
            "all" if group is None else str(group),
            str(index[group, "tokens", None]["responses"]) if (group, "tokens", None) in index else "0",
            *[cell(name, index.get((group, name, None))) for name in shown],
        ]
        for group in groups
    ]
    few = [f"[–]: fewer than {FEWEST} problems, too few for an interval"] if "[–]" in str(body) else []
    told = [*few, *(f"{label}: {MEASURES[name].definition}" for name, label in shown.items())]
    return View(title, [by, "responses", *shown.values()], body, [*notes, *told], [])


def cell(name: str, row: Json | None) -> str:
    """A value with its interval, as a percentage where it is a share; `[–]` where the problems are too few for one."""
    if row is None or not _has(row):
        return "n/a"
    percent = name not in _PLAIN and not name.endswith("_per_1000")
    value, low, high = (None if row[key] is None else row[key] * (100 if percent else 1) for key in _ENDS)
    if low is None:
        return "n/a" if value is None else _short(value) + (" [–]" if row.get("problems", FEWEST) < FEWEST else "")
    interval = f"[{_short(low)}, {'∞' if high is None else _short(high)}]"
    return interval if value is None else f"{_short(value)} {interval}"  # an odds ratio may be pushed to 0 or infinity


_ENDS = ("value", "low", "high")


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _has(row: Json | None) -> bool:
    return row is not None and any(row[key] is not None for key in _ENDS)


def _about(run: Run, analysed: Sequence[Analysed]) -> list[str]:
    """What was analysed, and what a reader must know of it."""
    own = [counted for _, responses in analysed for counted in responses]
    thinking = sum(counted.thinking for counted in own)
    which = {0: "none has thinking apart, so they were analysed whole", len(own): "of each the thinking was analysed"}
    told = which.get(thinking, f"of {thinking} the thinking was analysed, the others whole, having none")
    notes = [
        f"{len(own)} responses: {told}; intervals are 95 % over problems",
        "rates are events per 1,000 tokens of the analysed part; shares are in percent",
    ]
    if hidden := sum(counted.hidden for counted in own):
        notes.append(f"{hidden} responses hide their thinking: what is told of them is told of their answers")
    if cut := sum(counted.cut for counted in own):
        notes.append(f"{cut} responses are too long to be read whole: what is told of them is told of their beginning")
    forced = run.manifest["identity"]["strategy"]["name"] == "budget_forcing"
    return (
        [*notes, "phrases that the strategy wrote itself ('Wait') are counted with the model's own"]
        if forced
        else notes
    )


def _at_attempt(name: str, index: Index) -> list[View]:
    """Accuracy at attempt k."""
    ks = sorted({k for group, measure, k in index if group is None and measure == "accuracy@attempt" and k is not None})
    rows = [(k, index[None, "accuracy@attempt", k], index[None, "accuracy@attempt_carried", k]) for k in ks]
    body = [
        [str(k), str(at["responses"]), cell("accuracy@attempt", at), cell("accuracy@attempt_carried", carried)]
        for k, at, carried in rows
        if _has(at)
    ]
    if len(body) < 2:
        return []
    notes = [
        f"accuracy: {MEASURES['accuracy@attempt'].definition}",
        f"carried: {MEASURES['accuracy@attempt_carried'].definition}",
    ]
    return [View(f"accuracy at attempt k · {name}", ["k", "responses", "accuracy", "carried"], body, notes, [])]


def _two_by_two(name: str, index: Index) -> list[View]:
    """Thinking's last answer against the given one."""
    if not _has(index.get((None, TABLE[0], None))):
        return []
    found = [index[None, each, None] for each in TABLE]
    cells = [f"{row['responses']} ({cell(row['measure'], row)})" for row in found]
    body = [["thinking right", *cells[:2]], ["thinking wrong", *cells[2:]]]
    notes = [
        "thinking: the last answer stated in it; responses with both answers and both verdicts; percent in brackets"
    ]
    return [
        View(f"thinking's answer and the given one · {name}", ["", "answer right", "answer wrong"], body, notes, [])
    ]


def _regret(name: str, index: Index) -> list[View]:
    """Regret within problems, and the curve over ranks of length; nothing where no response regrets."""
    seen = index.get((None, "regret_share", None))
    if seen is None or not seen["value"]:
        return []
    body = [
        [label, cell(measure, row), str(row["problems"]), str(row["responses"])]
        for measure, label in (
            ("regret_share", "responses with regret, %"),
            ("regret_odds_ratio", "odds ratio of a right answer, with to without"),
            ("regret_difference", "difference in accuracy, points"),
        )
        if (row := index.get((None, measure, None))) is not None
    ]
    notes = [f"{each}: {MEASURES[each].definition}" for each in ("regret_odds_ratio", "regret_difference")]
    views = [View(f"regret within a problem · {name}", ["", "value", "problems", "responses"], body, notes, [])]
    ks = sorted({k for group, measure, k in index if group is None and measure == "regret@rank" and k is not None})
    ranks = [[str(k), cell("", index[None, "accuracy@rank", k]), cell("", index[None, "regret@rank", k])] for k in ks]
    if ranks:
        told = ["rank: a problem's responses in the order of their completion tokens, the shortest first"]
        views.append(View(f"by rank of length · {name}", ["rank", "accuracy", "with regret"], ranks, told, []))
    return views
