"""In-context search against explicit search: what a model's own thinking is worth beside sampling, revisions, a
verifier's choice and tree search, for the same tokens and on the same problems, by level.

Each contender is a curve of accuracy over cost: of a strategy that draws, its own (`reports.cost_curves`); of one that
has a single cost, the line through its runs at several settings, since taking one of two runs by a coin costs and
scores what lies between them. They are compared at the costs of the reference: the model's own thinking at each of its
budgets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.core import NotComparableError, UsageError
from harness.registry import unknown
from harness.run import Json, differing
from reports import cost_curves, equal_cost
from reports.cost_curves import AXES, Curve
from reports.effort import parameters
from reports.forms import points
from reports.sides import Side
from reports.views import View
from scorers.resampling import MIN_UNITS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

OWN = "own thinking"
KINDS = {
    **dict.fromkeys(("greedy", "budget_forcing"), OWN),
    "revise": "revisions",
    **dict.fromkeys(("sample", "self_consistency"), "majority of samples"),
    "best_of_n": "verifier's choice",
}
"""What the strategies are, beside a search."""
SHOWN = 3
"""Costs of a reference that has many."""


@dataclass(frozen=True)
class Contender:
    """One way to spend tokens: values and costs have a row per problem and a column per setting, cheapest first."""

    label: str
    kind: str
    values: Array
    costs: Array
    oracle: bool

    def at(self, weights: Array, budgets: Array) -> Array:
        """Accuracy at one budget per row of weights: linear between settings, those of the ends outside."""
        import numpy as np

        found = []
        for cost, value, budget in zip(weights @ self.costs, weights @ self.values, budgets, strict=True):
            order = np.argsort(cost, kind="stable")
            found.append(np.interp(budget, cost[order], value[order]))
        return np.array(found)

    def reaches(self, weights: Array, budget: float) -> bool:
        """Whether it has spent about so much at some setting, or less and more at two."""
        costs = (weights @ self.costs)[0]
        return bool(costs.min() / equal_cost.MEET <= budget <= costs.max() * equal_cost.MEET)


def compare(several: Sequence[Side], *, axis: str = "generated", seed: int = 0) -> Json:
    """The contenders among runs of one task, and their accuracy at each cost of the reference, by level.

    The reference is the first run's kind if that is a model's own thinking, else the first own thinking there is, else
    the first run's. Raises UsageError for an unknown axis, NotComparableError for runs of other problems, or for one
    contender alone."""
    import numpy as np

    if axis not in AXES:
        raise UsageError(unknown("Axis", axis, AXES))
    notes = _same_task(several)
    names = [p for p in several[0].outcomes if all(p in side.outcomes for side in several)]
    curves = [cost_curves.cost_curve(side, names, axis, None) for side in several] if names else []
    numbers = [part for curve in curves for part in (curve.values, curve.costs)]
    judged = ~np.any(np.isnan(np.concatenate(numbers, axis=1)), axis=1) if numbers else np.array([], dtype=bool)
    kept = [name for name, there in zip(names, judged, strict=True) if there]
    if not kept:
        raise NotComparableError("These runs share no problem that all of them judged. Evaluate the same problems.")
    found = _contenders(several, [Curve(c.values[judged], c.costs[judged], c.metric) for c in curves])
    if len(found) < 2:
        raise NotComparableError(f"All runs are {found[0].kind}. Name runs of another strategy too.")
    reference = _reference(found)
    rows = []
    for group, members in _groups(several[0], kept):
        rows += _rows(found, reference, group, np.array(members, dtype=int), seed)
    return {
        "schema": "harness.in-context/1",
        "task": several[0].task,
        "axis": axis,
        "problems": len(kept),
        "left_out": len(names) - len(kept),
        "reference": reference.label,
        "contenders": [
            {"label": c.label, "kind": c.kind, "oracle": c.oracle, "settings": c.costs.shape[1]}
            | {"cost": [float(c.costs.mean(axis=0).min()), float(c.costs.mean(axis=0).max())]}
            for c in found
        ],
        "rows": rows,
        "notes": notes,
    }


def _same_task(several: Sequence[Side]) -> list[str]:
    """Notes on what differs. Raises NotComparableError where the data or the grader does."""
    notes: list[str] = []
    first = several[0]
    for side in several:
        if not side.outcomes:
            raise UsageError(f"{side.label} holds no responses. Name run folders.")
        asked, wanted = ({n: s.lines.identity.get(n) for n in ("task", "scorer", "judge")} for s in (first, side))
        if fields := ", ".join(differing(asked, wanted)):
            raise NotComparableError(f"{first.label} and {side.label} differ in {fields}. Name runs of one task.")
        if side.lines.identity.get("prompts") != first.lines.identity.get("prompts"):
            notes = ["some of the runs were asked in other words, or through another chat template"]
    return [*notes, *dict.fromkeys(warning for side in several for warning in side.warnings)]


def _contenders(several: Sequence[Side], curves: Sequence[Curve]) -> list[Contender]:
    """The runs by kind; those that have one cost each join into a curve."""
    import numpy as np

    groups: dict[tuple[str, ...], list[int]] = {}
    for place, side in enumerate(several):
        kind = KINDS.get(side.strategy["name"], "search")
        what = parameters(side) if side.exchangeable else "" if kind == OWN else str(side.strategy["name"])
        verifier = str((side.lines.identity.get("verifier") or {}) if kind not in (OWN, "majority of samples") else "")
        groups.setdefault((side.model, kind, what, verifier), []).append(place)
    found = []
    models = {side.model for side in several}
    for (model, kind, what, _), places in groups.items():
        columns = [(curves[i].values, curves[i].costs) for i in places]
        values, costs = (np.concatenate(part, axis=1) for part in zip(*columns, strict=True))
        order = np.argsort(costs.mean(axis=0), kind="stable")
        label = f"{kind}: {what}" if what else kind
        label += f" · {model}" if len(models) > 1 else ""
        oracle = any(several[i].warnings for i in places)
        found.append(Contender(label, kind, values[:, order], costs[:, order], oracle))
    return found


def _reference(found: Sequence[Contender]) -> Contender:
    return next((c for c in found if c.kind == OWN), found[0])


def _groups(side: Side, names: Sequence[str]) -> list[tuple[Any, list[int]]]:
    """(level, places of its problems) in order, all of them last under None."""
    labels = [side.groups(name).get("level") for name in names]
    present = sorted({label for label in labels if label is not None}, key=lambda v: (isinstance(v, str), v))
    own = [(level, [i for i, label in enumerate(labels) if label == level]) for level in present]
    return [*own, (None, list(range(len(names))))]


def _rows(
    found: Sequence[Contender], reference: Contender, level: Any, members: NDArray[np.intp], seed: int
) -> list[Json]:
    """Every contender at every cost of the reference, over some of the problems."""
    import numpy as np

    own = [Contender(c.label, c.kind, c.values[members], c.costs[members], c.oracle) for c in found]
    base = own[list(found).index(reference)]
    size, settings = len(members), base.costs.shape[1]
    columns = list(range(settings))
    if settings > SHOWN and base.kind != OWN:
        columns = [0, settings // 2, settings - 1]
    columns.sort(key=lambda column: float(base.costs[:, column].mean()))
    even = np.full((1, size), 1 / size)
    drawn, tail = equal_cost.resample(None, size, seed) if size >= MIN_UNITS else (None, 0.0)
    rows = []
    for column in columns:
        budget = float(base.costs[:, column].mean())
        exact = float(base.values[:, column].mean())
        for c in own:
            row: Json = {"metric": "accuracy_at_equal_cost", "group": "all" if level is None else "level"}
            row |= {
                "value_of_group": level,
                "setting": column,
                "budget": budget,
                "contender": c.label,
                "kind": c.kind,
                "problems": size,
            }
            row |= dict.fromkeys(("value", "difference", "low", "high")) | {"reference": exact}
            if c.reaches(even, budget):
                row["value"] = exact if c is base else float(c.at(even, np.array([budget]))[0])
                row["difference"] = row["value"] - exact
                if drawn is not None and c is not base:
                    spent = drawn @ base.costs[:, column]
                    away = c.at(drawn, spent) - drawn @ base.values[:, column]
                    row["low"], row["high"] = (float(q) for q in np.quantile(away, [tail, 1 - tail]))
            rows.append(row)
    return rows


def view(data: Json) -> View:
    """The table: a line per level and cost of the reference."""
    contenders = data["contenders"]
    others = [c for c in contenders if c["label"] != data["reference"]]
    index = {(r["value_of_group"], r["setting"], r["contender"]): r for r in data["rows"]}
    places = list(dict.fromkeys((r["value_of_group"], r["setting"]) for r in data["rows"]))
    met = [(v, k) for v, k in places if any(index[v, k, c["label"]]["value"] is not None for c in others)]
    body = []
    for level, setting in met:
        row = index[level, setting, data["reference"]]
        cells = ["all" if level is None else str(level), str(row["problems"]), f"{row['budget']:,.0f}"]
        found = [_cell(index[level, setting, c["label"]]) for c in others]
        body.append([*cells, points(row["reference"]), *found])
    header = ["level", "problems", "cost", f"{data['reference']}, %", *(f"{_title(c)}, % (difference)" for c in others)]
    left = f" ({data['left_out']:,} left out: not judged)" if data["left_out"] else ""
    spans = "; ".join(f"{_title(c)} {c['cost'][0]:,.0f} – {c['cost'][1]:,.0f}" for c in contenders)
    notes = [
        f"{data['problems']:,} problems{left}; cost per problem: {AXES[data['axis']]}; n/a: it spends less, or more",
        f"costs covered: {spans}",
        f"{len(places) - len(met)} costs of the reference that no other can have are left out",
        "differences with 95 % intervals by the paired bootstrap over problems",
        *data["notes"],
    ]
    about = {"task": data["task"], "axis": data["axis"], "reference_contender": data["reference"]}
    return View(f"at equal cost, by level · {data['task']}", header, body, notes, [about | row for row in data["rows"]])


def _title(contender: Json) -> str:
    return f"{contender['label']}{' (ORACLE)' if contender['oracle'] else ''}"


def _cell(row: Json) -> str:
    """Accuracy with the difference to the reference."""
    if row["value"] is None:
        return "n/a"
    interval = "" if row["low"] is None else f" [{points(row['low'], signed=True)}, {points(row['high'], signed=True)}]"
    return f"{points(row['value'])} ({points(row['difference'], signed=True)}{interval})"
