"""The table of an anytime curve: accuracy at every smaller token budget, under each final-choice rule."""

from __future__ import annotations

from harness.analysis.anytime import ORACLE, curve
from harness.run import Run
from reports.cost import head
from reports.tables import caption
from reports.views import View, percent


def anytime(run: Run) -> View:
    """A line per budget: tokens really spent by then, accuracy of each rule, and whether a correct answer was there."""
    rows = curve(run)
    rules = sorted(dict.fromkeys(row["rule"] for row in rows), key=lambda rule: (rule == ORACLE, rule))
    index = {(row["budget"], row["rule"]): row for row in rows}
    draws = any(row["k"] is not None for row in rows)
    body = []
    for budget in dict.fromkeys(row["budget"] for row in rows):
        first = index[budget, ORACLE]
        cells = [str(first["k"]) if draws else f"{budget:,}"]
        cells += [f"{first[name]:,.0f}" for name in ("completion_tokens", "total_tokens")]
        body.append([*cells, *[percent(index.get((budget, rule))) for rule in rules]])
    own = sorted({p["rule"] for p in run.lines("problems.jsonl") if p.get("rule")})
    missing = [rule for rule in own if rule not in rules]
    clock = "budget: completion tokens that a problem may have cost; the choice is among the candidates there by then"
    notes = [
        "accuracy in percent with 95 % intervals over problems; tokens are means per problem; no answer yet is wrong",
        "k draws: the exact expectation over all subsets of k responses" if draws else clock,
        "total_tokens share a problem's prompt and verifier tokens out in proportion to its completion tokens",
        *([f"the run's own rule ({', '.join(missing)}) is known at the end of a search only"] if missing else []),
    ]
    header = ["k" if draws else "budget", "completion_tokens", "total_tokens", *rules]
    return View(f"anytime · {caption(run)}", header, body, notes, [head(run) | row for row in rows])
