"""Search taken apart: what it adds to the pool of candidates, what choosing loses, and how good the verifier is."""

from __future__ import annotations

from harness.analysis.degenerate import SIGNS, degenerate
from harness.analysis.selection import choices_of, quality_rows, selection_rows
from harness.run import Json, Run
from reports.cost import head
from reports.tables import caption
from reports.views import View, percent

QUALITY = ("auroc_within", "auroc", "brier", "ece", "rollout_mae", "rollout_brier", "rollout_ece")


def search(run: Run, *, by: str = "level") -> list[View]:
    """The table of pool and choice, and that of the verifier's quality where there are scores."""
    found = choices_of(run)
    views = [_selection(run, selection_rows(found, by=by), by)]
    quality = quality_rows(found, by=by)
    return [*views, _quality(run, quality, by)] if quality else views


def _selection(run: Run, rows: list[Json], by: str) -> View:
    index = {(row["value_of_group"], row["metric"], row["rule"]): row for row in rows}
    rules = list(dict.fromkeys(row["rule"] for row in rows if row["metric"] == "chosen"))
    header = [by, "problems", "candidates", "mean", "oracle"]
    header += [name for rule in rules for name in (rule, "lost")]
    body = []
    for value in dict.fromkeys(row["value_of_group"] for row in rows):
        candidates = index[value, "candidates", None]
        cells = ["all" if value is None else str(value), str(candidates["problems"])]
        cells.append("n/a" if candidates["value"] is None else f"{candidates['value']:.1f}")
        cells += [percent(index.get((value, name, None))) for name in ("mean", "oracle")]
        for rule in rules:
            lost = index.get((value, "lost", rule))
            cells.append(percent(index.get((value, "chosen", rule))))
            cells.append("n/a" if lost is None or lost["value"] is None else f"{100 * lost['value']:.1f}")
        body.append(cells)
    own = sorted({c["rule"] for c in run.lines("problems.jsonl") if c.get("rule")})
    left_out = index[None, "candidates", None]["unjudged"]
    notes = [
        "mean: share of candidates that are correct, what a blind choice gives; oracle: a correct candidate is there",
        f"lost: oracle minus the rule's accuracy, in points; the run's own rule: {', '.join(own) or 'none'}",
        *([f"{left_out} problems with unjudged candidates are left out"] if left_out else []),
        *[f"warning: the search {SIGNS[sign]} on {a} of {b} problems" for sign, (a, b) in degenerate(run).items()],
    ]
    title = f"pool and choice · {caption(run)}"
    return View(title, header, body, notes, [head(run) | row for row in rows])


def _quality(run: Run, rows: list[Json], by: str) -> View:
    index = {(row["value_of_group"], row["metric"]): row for row in rows}
    names = [name for name in QUALITY if any(row["metric"] == name for row in rows)]
    body = []
    for value in dict.fromkeys(row["value_of_group"] for row in rows):
        found = [index.get((value, name)) for name in names]
        cells = [_number(name, row) for name, row in zip(names, found, strict=True)]
        body.append(["all" if value is None else str(value), *cells])
    notes = [
        "auroc: a right candidate scored above a wrong one, over all candidates; 0.5 is chance",
        "auroc_within: the same within a problem, as choosing needs it; the mean over the problems that have both",
        "brier, ece (10 bins of equal mass): scores of whole responses read as probabilities, where all lie in [0, 1]",
    ]
    if any(name.startswith("rollout") for name in names):
        notes.append("rollout_…: scores of partial paths against the mean of their graded roll-outs")
    title = f"verifier quality · {caption(run)}"
    return View(title, [by, *names], body, notes, [head(run) | row for row in rows])


def _number(name: str, row: Json | None) -> str:
    if row is None or row["value"] is None:
        return "n/a"
    if row["low"] is None:
        return f"{row['value']:.3f}"
    return f"{row['value']:.3f} [{row['low']:.2f}, {row['high']:.2f}] ({row['problems']})"
