"""The token tables: how long responses are by level, what of them is thinking, and human solutions beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.analysis.tokens import ASIDE, PARTS, measured, rows
from harness.outcomes import Outcome, outcomes
from harness.run import IMPORTED, Json, Run
from reports.cost import head
from reports.forms import probability
from reports.tables import caption
from reports.views import View

Index = dict[tuple[str, object], Json]
_WAYS = {
    "exact": "on the engine's own tokens",
    "usage": "by the server",
    "text": "by tokenizing the text again",
    "share": "estimated by the share of the characters",
}
CENSORED = (
    "cut: responses that ended at the limit and would have been longer; ≥ marks numbers that hold one and are lower "
    "bounds"
)


def found(run: Run) -> list[Outcome]:
    """The finished problems of a run."""
    return [outcome for outcome in outcomes(run) if outcome.status == "ok"]


def nothing(run: Run) -> View:
    """What stands for the tables of a run without a token: why there is none."""
    unknown = run.manifest["state"] == IMPORTED and any(outcome.correct for outcome in found(run))
    why = "the harness that made the run stored no token counts" if unknown else "nothing was generated"
    return View(f"tokens of a response · {caption(run)}", [], [], [why], [])


def _generated(members: Sequence[Outcome]) -> bool:
    """Whether a response has a token; those to given solutions have none."""
    return any(any(outcome.tokens) for outcome in members)


def short(run: Run, *, by: str = "level") -> list[View]:
    """One line a level, nothing that takes time: what `harness eval` prints. Empty where nothing was generated."""
    members = found(run)
    if not _generated(members):
        return []
    made = rows(members, by=by, intervals=False)
    whole = {(r["group"], r["value_of_group"]): r for r in run.results()["metrics"] if r["metric"] == "human_ratio"}
    index, values = _index(made)
    human = ("human_tokens", None) in index
    thought = bool(index["thinking_tokens", None]["value"])
    header = [by, "problems", "tokens: median [quartiles]", "mean", *(["thinking", "answer"] if thought else [])]
    header += ["human", "times human [95 %]"] if human else []
    body = []
    for value in values:
        row = index["completion_tokens", value]
        cells = [_name(value), str(row["problems"]), _quartiles(row), _mean(row)]
        cells += [_mean(index[name, value]) for name in PARTS[1:]] if thought else []
        if human:
            times = whole.get((by, value) if value is not None else ("all", None))
            cells += [_mean(index.get(("human_tokens", value))), _times(times, cut=bool(row["cut"]))]
        body.append([*cells, _percent(row["cut"])])
    notes = [*([CENSORED] if index["completion_tokens", None]["cut"] else []), *_slopes(made)]
    return [View(f"tokens · {caption(run)}", [*header, "cut"], body, notes, [head(run) | r for r in made])]


def full(run: Run, *, by: str = "level", members: Sequence[Outcome] | None = None, counter: str = "") -> list[View]:
    """All of it: parts of responses, then human solutions. `members` stand for the run's own problems where they were
    counted with another tokenizer, whose name is `counter`. Empty where nothing was generated, and for an imported run
    that says no lengths: see `nothing`."""
    own = measured(found(run) if members is None else members)
    if not _generated(own):
        return []
    made = rows(own, by=by)
    index, values = _index(made)
    said = [f"counted with {counter}: the visible text alone"] if counter else _counted(made)
    tidy = [head(run) | {"counted_with": counter or "model"} | row for row in made]
    parts = _parts(run, by, index, values)
    human = _human(run, by, index, values)
    which = {id(row): row["metric"].startswith(("human", "pooled")) for row in tidy}
    views = [
        View(parts.caption, parts.header, parts.body, [*parts.notes, *said], [r for r in tidy if not which[id(r)]])
    ]
    if human is not None:
        views.append(View(human.caption, human.header, human.body, human.notes, [r for r in tidy if which[id(r)]]))
        views[-1].notes.extend(_slopes(made))
    else:
        views[0].notes.extend(_slopes(made))
    return views


def _parts(run: Run, by: str, index: Index, values: Sequence[object]) -> View:
    """Completion, thinking and answer of a response, and what was written into it or is in neither part."""
    names = [n for n in PARTS if n == PARTS[0] or index["thinking_tokens", None]["value"]]
    aside = [n for n in ASIDE if (n, None) in index]
    some = any(index[PARTS[0], value]["cut"] for value in values)
    header = [by, "problems", "responses"]
    for name in names:
        what = name.removesuffix("_tokens")
        header += [f"{what}: mean", "median [quartiles]"]
        header += ["Kaplan–Meier median [95 %]"] if some and name != "answer_tokens" else []
    body = []
    for value in values:
        row = index[PARTS[0], value]
        cells = [_name(value), str(row["problems"]), str(row["responses"])]
        for name in names:
            own = index[name, value]
            cells += [_mean(own), _quartiles(own), *([_uncut(own)] if some and name != "answer_tokens" else [])]
        body.append([*cells, *(_mean(index.get((name, value))) for name in aside), _percent(row["cut"])])
    notes = ["means and quartiles over problems, a problem's number being the mean over its responses"]
    if some:
        notes += [CENSORED, "Kaplan–Meier median: over responses, being cut as censoring (95 % by problems)"]
    header += [name.removesuffix("_tokens") for name in aside]
    return View(f"tokens of a response · {caption(run)}", [*header, "cut"], body, notes, [])


def _human(run: Run, by: str, index: Index, values: Sequence[object]) -> View | None:
    """Human solutions, and the ratios over the problems that have both."""
    if ("human_tokens", None) not in index:
        return None
    header = [by, "problems", "solutions", "human: mean", "median [quartiles]", "pooled: mean", "median [quartiles]"]
    header += ["model/human: of means [95 %]", "of medians [95 %]", "geometric mean [95 %]"]
    body = []
    for value in values:
        row, pooled = index.get(("human_tokens", value)), index.get(("pooled_human_tokens", value))
        if row is None or pooled is None:
            body.append([_name(value), "0", "0", *["n/a"] * (len(header) - 3)])
            continue
        numbers = [_mean(row), _quartiles(row), _mean(pooled), _quartiles(pooled)]
        ratios = [index[name, value] for name in ("human_ratio", "human_ratio_of_medians", "human_log_ratio")]
        times = [_times(r, cut=r["lower_bound"], log=r["metric"] == "human_log_ratio") for r in ratios]
        body.append([_name(value), str(row["problems"]), str(row["solutions"]), *numbers, *times])
    notes = ["human: a problem's number is the mean over its solutions; pooled: every solution counts, as in HARP"]
    return View(f"beside human solutions · {caption(run)}", header, body, notes, [])


def _index(made: Sequence[Json]) -> tuple[Index, list[object]]:
    """Rows by metric and value of the group, and the values in order, the whole (None) last."""
    index = {(r["metric"], r["value_of_group"]): r for r in made if not r["metric"].endswith("_slope")}
    return index, list(dict.fromkeys(value for _, value in index))


def _slopes(made: Sequence[Json]) -> list[str]:
    """How tokens grow with the level, for each row that says so."""
    said = []
    for row in made:
        if not row["metric"].endswith("_tokens_slope"):
            continue
        what = row["metric"].removesuffix("_tokens_slope")
        low, high = math.exp(row["low"]), math.exp(row["high"])
        bend = "" if row["bend"] is None else f", p {probability(row['bend'])} for a bend"
        some = " (some were cut)" if row["cut"] else ""
        said.append(f"{what}{some} ×{row['factor']:.3g} [{low:.3g}, {high:.3g}]{bend}")
    return [f"tokens per level, a line through their logarithms (small p: it bends): {'; '.join(said)}"] if said else []


def _counted(made: Sequence[Json]) -> list[str]:
    """How thinking was told from the answer, where there is any."""
    row = next(r for r in made if r["metric"] == "thinking_tokens" and r["group"] == "all")
    if not row["value"]:
        return []
    gap = " gap: tokens by which thinking and answer miss the completion's;" if _has(made, "gap_tokens") else ""
    wrote = any(_has(made, name) for name in ("forced_tokens", "prefilled_tokens"))
    aside = " forced and prefilled tokens were not generated and are in no other column;" if wrote else ""
    return [f"thinking told from the answer {_WAYS[row['counted_by']]}, its marks included;{gap}{aside}".rstrip(";")]


def _has(made: Sequence[Json], name: str) -> bool:
    return any(row["metric"] == name for row in made)


def _name(value: object) -> str:
    return "all" if value is None else str(value)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share == 0 or share >= 0.01 else f"{100 * share:.1f} %"


def _number(value: float | None) -> str:
    if value is None:
        return "n/a"
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:,.1f}"


def _mean(row: Json | None) -> str:
    """A mean; a lower bound where responses were cut."""
    if row is None or row["value"] is None:
        return "n/a"
    return f"{'≥ ' if row.get('cut') else ''}{_number(row['value'])}"


def _quartiles(row: Json) -> str:
    """Median and quartiles over problems."""
    if row["median"] is None:
        return "n/a"
    return f"{'≥ ' if row.get('cut') else ''}{row['median']:,.0f} [{row['q25']:,.0f}, {row['q75']:,.0f}]"


def _uncut(row: Json) -> str:
    """The Kaplan–Meier median; where it is beyond what was seen, that it is."""
    if not row["cut"]:
        return "" if row["median"] is None else "–"
    if row["censored_median"] is None:
        return f"> {row['at_least']:,.0f}"
    low, high = row["censored_low"], row["censored_high"]
    if low is None:
        return f"{row['censored_median']:,.0f}"
    return f"{row['censored_median']:,.0f} [{low:,.0f}, {'∞' if high is None else f'{high:,.0f}'}]"


def _times(row: Json | None, *, cut: bool, log: bool = False) -> str:
    """A ratio with its interval."""
    if row is None or row["value"] is None:
        return "n/a"
    numbers = (row["value"], row["low"], row["high"])
    value, low, high = (math.exp(number) if log and number is not None else number for number in numbers)
    interval = "" if low is None or high is None else f" [{low:.3g}, {high:.3g}]"
    return f"{'≥ ' if cut else ''}{value:.3g}{interval}"
