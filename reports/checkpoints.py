"""A series of checkpoints: greedy, pass@k and maj@k against training, and how much training majority voting is worth.

The measurement of the Meta-CoT paper's Figure 2 for a user's own model: with k responses and a vote, how early in
training is the accuracy reached that the final checkpoint has with one greedy response?
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from tabulate import tabulate

from harness.core import NotComparableError, UsageError
from harness.files import digest
from harness.outcomes import Outcome
from harness.results import default_ks
from harness.run import Json, Run, differing
from reports import sheet
from reports.views import View
from scorers.estimators import maj_curve, pass_at_k
from scorers.intervals import mean_estimate

SCHEMA = "harness.checkpoints/1"
RESAMPLES = 2000
_NUMBER = r"\d+(?:\.\d+)?[kKmMbB]?"
_USUAL = rf"(?:checkpoint|ckpt|steps?|iter(?:ation)?s?|epochs?|examples|tokens)[-_=]?({_NUMBER})(?![A-Za-z0-9])"
_FACTORS = {"k": 1e3, "m": 1e6, "b": 1e9}
_SHOWN_KS = 3


# ---------------------------------------------------------------------------------------------------------- the x axis


@dataclass(frozen=True, slots=True)
class Axis:
    """`--x`: the name of the coordinate of training, and either its values or where a model's name holds it."""

    name: str
    values: tuple[float, ...] | None = None
    pattern: str = _USUAL

    @staticmethod
    def parse(text: str) -> Axis:
        """`steps`, `steps=100,200,4k` or `steps=REGEX` with one group. Raises UsageError."""
        name, equals, rest = text.partition("=")
        if not name or (equals and not rest):
            raise UsageError(f"--x '{text}' lacks a part. Say --x steps, --x steps=1,2,4k or --x 'steps=ckpt(\\d+)'.")
        if not equals:
            return Axis(name)
        parts = [part.strip() for part in rest.split(",")]
        if all(re.fullmatch(_NUMBER, part) for part in parts):
            return Axis(name, tuple(map(_number, parts)))
        try:
            groups = re.compile(rest).groups
        except re.error as error:
            raise UsageError(f"--x '{rest}' is neither numbers nor a regular expression: {error}.") from None
        if groups != 1:
            raise UsageError(f"--x '{rest}' must have one group, which holds the number, as in 'checkpoint-(\\d+)'.")
        return Axis(name, pattern=rest)

    def find(self, run: Run) -> float:
        """The coordinate in the name of a run's model, else in the path of its folder. Raises UsageError."""
        for text in (str(run.manifest["model"]), str(run.folder)):
            found = re.findall(self.pattern, text)
            if found and re.fullmatch(_NUMBER, found[-1]):
                return _number(found[-1])
        raise UsageError(
            f"No {self.name} in the model's name '{run.manifest['model']}'. "
            f"Say --x {self.name}=100,200,… in the order of the checkpoints, or --x '{self.name}=REGEX' with one group."
        )


def _number(text: str) -> float:
    factor = _FACTORS.get(text[-1].lower(), 1.0)
    return float(text if factor == 1 else text[:-1]) * factor


# ------------------------------------------------------------------------------------------------------ the checkpoints


@dataclass(slots=True)
class Checkpoint:
    """One model of the series with its greedy and its sampled run, and a value per problem of each metric."""

    x: float
    model: str
    greedy: Run | None = None
    sampled: Run | None = None
    values: dict[tuple[str, int | None], dict[str, float]] = field(default_factory=dict)

    @property
    def runs(self) -> list[Run]:
        """Those that there are."""
        return [run for run in (self.greedy, self.sampled) if run is not None]

    def read(self, ks: Sequence[int] | None) -> None:
        """Fill `values` from the run folders; unjudged responses are missing, never wrong."""
        if self.greedy is not None:
            outcomes = [Outcome.of(*pair) for pair in self.greedy.by_problem()]
            graded = {o.problem_id: float(o.chosen_correct) for o in outcomes if o.chosen_correct is not None}
            self.values["greedy", None] = graded
        if self.sampled is not None:
            outcomes = [o for o in (Outcome.of(*pair) for pair in self.sampled.by_problem()) if o.status == "ok"]
            for k in ks or default_ks(max((len(o.correct) for o in outcomes), default=0)):
                self.values["pass@k", k], self.values["maj@k", k] = {}, {}
            for outcome in outcomes:
                self._add(outcome)

    def _add(self, outcome: Outcome) -> None:
        judged = outcome.judged
        answers, correct = [outcome.answers[i] for i in judged], [bool(outcome.correct[i]) for i in judged]
        ks = [k for metric, k in self.values if metric == "maj@k" and k is not None and k <= len(judged)]
        for k, vote in zip(ks, maj_curve(answers, correct, ks) if ks else [], strict=True):
            self.values["pass@k", k][outcome.problem_id] = pass_at_k(len(judged), sum(correct), k)
            self.values["maj@k", k][outcome.problem_id] = vote


def checkpoints(runs: Sequence[Run], axis: Axis) -> list[Checkpoint]:
    """The runs by checkpoint, in the order of training.

    Raises UsageError where a coordinate is missing or given twice, NotComparableError where the runs were not asked
    the same: other data, prompts, grader or sampling."""
    models = [digest(run.manifest["identity"]["model"]) for run in runs]
    order = list(dict.fromkeys(models))
    if axis.values is None:
        xs = [axis.find(run) for run in runs]
    elif len(axis.values) == len(order):
        xs = [axis.values[order.index(model)] for model in models]
    elif len(axis.values) == len(runs):
        xs = list(axis.values)
    else:
        raise UsageError(f"--x gives {len(axis.values)} values for {len(order)} checkpoints in {len(runs)} runs.")
    found: dict[float, Checkpoint] = {}
    owners: dict[float, str] = {}
    for run, x, model in zip(runs, xs, models, strict=True):
        point = found.setdefault(x, Checkpoint(x, run.manifest["model"]))
        if owners.setdefault(x, model) != model:
            raise UsageError(f"Two models stand at {axis.name} {shown(x)}: {point.model} and {run.manifest['model']}.")
        kind = "greedy" if run.manifest["identity"]["strategy"]["name"] == "greedy" else "sampled"
        if getattr(point, kind) is not None:
            raise UsageError(
                f"Two {kind} runs stand at {axis.name} {shown(x)}: {getattr(point, kind).name} and {run.name}. "
                "Give one of them."
            )
        setattr(point, kind, run)
    series = [found[x] for x in sorted(found)]
    _comparable(series)
    return series


def _comparable(series: Sequence[Checkpoint]) -> None:
    for kind in ("greedy", "sampled"):
        runs = [run for point in series if (run := getattr(point, kind)) is not None]
        for run in runs[1:]:
            _same(runs[0], run, _asked(runs[0], whole=True), _asked(run, whole=True))
    every = [run for point in series for run in point.runs]
    for run in every[1:]:
        _same(every[0], run, _asked(every[0], whole=False), _asked(run, whole=False))


def _same(one: Run, other: Run, mine: Json, theirs: Json) -> None:
    if fields := differing(mine, theirs):
        raise NotComparableError(f"{one.name} and {other.name} are no series: they differ in {', '.join(fields)}.")


def _asked(run: Run, *, whole: bool) -> Json:
    """What must be the same along a series: everything but the model, the seed and n; without `whole` the data alone,
    which greedy and sampled runs share."""
    identity = dict(run.manifest["identity"])
    if not whole:
        return {name: identity[name] for name in ("task", "problems", "prompts", "scorer", "judge")}
    strategy = identity["strategy"]
    identity["strategy"] = {**strategy, "parameters": {k: v for k, v in strategy["parameters"].items() if k != "n"}}
    identity["sampling"] = {k: v for k, v in identity["sampling"].items() if k != "seed"}
    return {name: value for name, value in identity.items() if name != "model"}


# ---------------------------------------------------------------------------------------------- training and its worth


def reach(xs: Sequence[float], curves: Any, targets: Any) -> Any:
    """The smallest x at which each curve reaches its target: linear between checkpoints, infinite where it never does.

    `curves` has a row per x and a column per curve, `targets` an entry per column. A curve that is there at the first
    checkpoint gets the first x."""
    places, values, goals = np.asarray(xs, float), np.asarray(curves, float), np.asarray(targets, float)
    there = values >= goals
    first = there.argmax(axis=0)
    column = np.arange(values.shape[1])
    before = np.maximum(first - 1, 0)
    rise = values[first, column] - values[before, column]
    share = np.where(first > 0, (goals - values[before, column]) / np.where(rise == 0, 1, rise), 0.0)
    found = places[before] + share * (places[first] - places[before])
    return np.where(there.any(axis=0), found, math.inf)


def equivalent(series: Sequence[Checkpoint], k: int, *, seed: int, resamples: int = RESAMPLES) -> Json | None:
    """The training-compute equivalent of maj@k: the smallest x whose maj@k reaches the final greedy accuracy.

    The interval is a percentile bootstrap over problems, the same resampled problems at every checkpoint and in the
    target, so that what makes a problem easy for all of them cancels. None where fewer than two checkpoints have
    maj@k. Without a greedy run of the final checkpoint its pass@1 takes the place of the greedy accuracy."""
    final = series[-1]
    goal = next((name for name in (("greedy", None), ("pass@k", 1)) if final.values.get(name)), None)
    points = [point for point in series if point.values.get(("maj@k", k))]
    if goal is None or len(points) < 2:
        return None
    columns = [point.values["maj@k", k] for point in points] + [final.values[goal]]
    problems = sorted(set.intersection(*map(set, columns)))
    if not problems:
        return None
    table = np.array([[column[problem] for problem in problems] for column in columns])
    xs = [point.x for point in points]
    x = float(reach(xs, table[:-1].mean(axis=1)[:, None], table[-1:].mean(axis=1))[0])
    drawn = _resampled(table, seed, resamples)
    found = reach(xs, drawn[:-1], drawn[-1])
    low = float(np.quantile(found, 0.025, method="lower"))
    high = float(np.quantile(found, 0.975, method="higher"))
    return {
        "metric": "maj@k",
        "k": k,
        "target": {"metric": goal[0], "k": goal[1], "x": final.x, "value": float(table[-1].mean())},
        "x": _finite(x),
        "low": _finite(low),
        "high": _finite(high),
        "share_of_training": _finite(x / final.x) if final.x > 0 else None,
        "at_first": float((found == xs[0]).mean()),
        "unreached": float(np.isinf(found).mean()),
        "problems": len(problems),
    }


def _resampled(table: Any, seed: int, resamples: int) -> Any:
    """Means of every row over resampled columns: a column per resample."""
    rng = np.random.default_rng(seed)
    count = table.shape[1]
    parts = []
    for start in range(0, resamples, 200):
        weights = rng.multinomial(count, np.full(count, 1 / count), size=min(200, resamples - start))
        parts.append(table @ weights.T / count)
    return np.concatenate(parts, axis=1)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def curves(
    runs: Sequence[Run], axis: Axis, *, ks: Sequence[int] | None = None, seed: int = 0, resamples: int = RESAMPLES
) -> Json:
    """Everything that the tables show and a drawing needs, schema "harness.checkpoints/1".

    `points` is tidy: a row per checkpoint and metric with `x`, `value`, `low`, `high` (95 % over problems) and
    `problems`. `equivalents` has a row per k of maj@k above 2 (maj@2 is the mean accuracy)."""
    series = checkpoints(runs, axis)
    for point in series:
        point.read(ks)
    rows = []
    for point in series:
        for (metric, k), values in point.values.items():
            estimate = mean_estimate(list(values.values()))
            row: Json = {"x": point.x, "model": point.model, "metric": metric, "k": k}
            for name in ("value", "se", "low", "high"):
                row[name] = None if estimate is None else getattr(estimate, name)
            rows.append(row | {"problems": len(values)})
    voted = sorted({k for point in series for name, k in point.values if name == "maj@k" and k is not None and k > 2})
    worth = [equivalent(series, k, seed=seed, resamples=resamples) for k in voted]
    return {
        "schema": SCHEMA,
        "x": axis.name,
        "task": runs[0].manifest["identity"]["task"]["name"],
        "checkpoints": [
            {"x": point.x, "model": point.model, "runs": [run.name for run in point.runs]} for point in series
        ],
        "points": rows,
        "equivalents": [row for row in worth if row is not None],
        "bootstrap": {"seed": seed, "resamples": resamples},
    }


# ----------------------------------------------------------------------------------------------------------- the tables


def shown(x: float) -> str:
    """A coordinate as a reader wants it."""
    return f"{x:,.0f}" if x == int(x) else f"{x:,.4g}"


def as_json(data: Json) -> str:
    """The data as JSON."""
    return json.dumps(data, allow_nan=False)


def as_csv(data: Json) -> str:
    """The points as CSV; below them a row `equivalent` per k, whose value is a coordinate. Null is an empty cell."""
    names = ["x", "model", "metric", "k", "value", "se", "low", "high", "problems"]
    worth = [
        {"metric": "equivalent", "k": row["k"], "value": row["x"], **{n: row[n] for n in ("low", "high", "problems")}}
        for row in data["equivalents"]
    ]
    return sheet.table([*data["points"], *worth], names).rstrip("\n")


def table(data: Json) -> tuple[list[str], list[list[str]]]:
    """Header and cells: a line per checkpoint."""
    index = {(row["x"], row["metric"], row["k"]): row for row in data["points"]}
    wanted = columns(data["points"])
    header = [data["x"], *[title(*column) for column in wanted], "problems"]
    body = []
    for point in data["checkpoints"]:
        rows = [index.get((point["x"], name, k)) for name, k in wanted]
        covered = sorted({row["problems"] for row in rows if row is not None})
        span = "–".join(str(n) for n in dict.fromkeys(covered[:1] + covered[-1:]))
        body.append([shown(point["x"]), *map(_cell, rows), span])
    return header, body


def caption(data: Json) -> str:
    """What the series is."""
    return f"{data['task']} · {len(data['checkpoints'])} checkpoints by {data['x']}"


UNIT = "in percent with 95 % intervals over problems"


def markdown(data: Json) -> str:
    """A line per checkpoint, and below what majority voting is worth in training."""
    header, body = table(data)
    text = tabulate(body, headers=header, tablefmt="github", disable_numparse=True, colalign=["right"] * len(header))
    parts = [f"**{caption(data)}**", "", text, "", UNIT]
    if (worth := worth_table(data)) is not None:
        align = ["left"] + ["right"] * 5
        second = tabulate(worth.body, headers=worth.header, tablefmt="github", disable_numparse=True, colalign=align)
        parts += ["", worth.caption, "", second, "", *worth.notes]
    return "\n".join(parts)


def columns(points: Sequence[Json]) -> list[tuple[str, int | None]]:
    """greedy, then of many k the first, the middle and the last."""
    found: list[tuple[str, int | None]] = [("greedy", None)] if any(row["metric"] == "greedy" for row in points) else []
    for metric in ("pass@k", "maj@k"):
        ks = sorted({row["k"] for row in points if row["metric"] == metric and (metric, row["k"]) != ("maj@k", 1)})
        if len(ks) > _SHOWN_KS:
            ks = [ks[0], ks[len(ks) // 2], ks[-1]]
        found += [(metric, k) for k in ks]
    return found


def title(metric: str, k: int | None) -> str:
    """maj@k at k = 4 is maj@4."""
    return metric if k is None else metric.replace("@k", f"@{k}")


def _cell(row: Mapping[str, Any] | None) -> str:
    if row is None or row["value"] is None:
        return "n/a"
    return f"{100 * row['value']:.1f} [{100 * row['low']:.0f}, {100 * row['high']:.0f}]"


def worth_table(data: Json) -> View | None:
    """The second table: where each maj@k reaches the final greedy accuracy, and how sure that is."""
    rows, name, first = data["equivalents"], data["x"], data["checkpoints"][0]["x"]
    if not rows:
        return None
    target, boot = rows[0]["target"], data["bootstrap"]
    goal = "greedy accuracy" if target["metric"] == "greedy" else "pass@1 (there is no greedy run)"
    body = []
    for row in rows:
        low, x, high = (_reached(row[field], first) for field in ("low", "x", "high"))
        part = "" if row["share_of_training"] is None else f"{100 * row['share_of_training']:.0f} %"
        body.append(
            [f"maj@{row['k']}", x, f"[{low}, {high}]", part, f"{100 * row['unreached']:.0f} %", str(row["problems"])]
        )
    header = ["", f"{name} needed", "95 % interval", "of the training", "never, of resamples", "problems"]
    said = f"Training that majority voting is worth: the first {name} at which maj@k reaches the final {goal}, "
    said += f"{100 * target['value']:.1f} at {name} {shown(target['x'])}"
    note = "linear between checkpoints; paired bootstrap over problems, "
    note += f"{boot['resamples']:,} resamples, seed {boot['seed']}"
    return View(said, header, body, [note], rows)


def _reached(x: float | None, first: float) -> str:
    """A coordinate found; the first checkpoint may have been late already."""
    return "never" if x is None else f"≤ {shown(x)}" if x == first else shown(x)
