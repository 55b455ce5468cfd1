"""`harness doctor --rerun RUN`: ask a sample of a run's problems again and report what differs."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core import NotComparableError, UsageError

if TYPE_CHECKING:
    from harness.evaluate import Plan
    from harness.rerun import Agreement
    from harness.run import Run


def rerun(folder: Path, *, sample: int, as_json: bool) -> int:
    """Ask again, compare, print; 0 whatever was found. Raises UsageError where the run's command cannot be repeated."""
    from harness.commands import _setup
    from harness.commands.eval import evaluate_all
    from harness.core import IncompleteError
    from harness.rerun import compared
    from harness.run import Run
    from tasks.selection import select

    run = Run.open(folder)
    options = _setup.recorded(run)
    if options is None:
        raise UsageError(f"{folder} was not made by `harness eval`, so its calls cannot be repeated.")
    options.shard = None
    models = _setup.Models.of(options)
    verifiers = _setup.Verifiers(options, models)
    plan = _plan(run, list(_setup.plans(options, models, None, verifiers)))
    asked = {problem["problem_id"] for problem in run.lines("problems.jsonl") if problem["status"] == "ok"}
    known = tuple(problem for problem in plan.task.problems if problem.id in asked)
    task = replace(plan.task, problems=select(known, limit=sample))
    with tempfile.TemporaryDirectory() as place:
        argv = ["doctor", "--rerun", str(folder)]
        [finished] = evaluate_all([replace(plan, task=task, judge=None)], [verifiers, models], Path(place), argv)
        if finished.state != "complete":
            raise IncompleteError(f"The second asking of {folder} failed ({finished.state}). Nothing can be compared.")
        found = compared(folder, finished.folder)
    print(json.dumps(asdict(found)) if as_json else text(run, found))
    return 0


def _plan(run: Run, plans: list[Plan]) -> Plan:
    """Of the plans of the recorded command, the run's own. Raises NotComparableError where today's differs from it."""
    from harness.run import differing

    identity = run.manifest["identity"]
    same = [
        plan
        for plan in plans
        if (plan.task.name, plan.strategy) == (identity["task"]["name"], identity["strategy"]["name"])
    ]
    if not same:
        raise UsageError(f"The command recorded in {run.folder}/manifest.json does not make that run.")
    fields = [name for name in differing(identity, same[0].identity()) if name not in ("judge", "scorer.version")]
    if fields:
        raise NotComparableError(
            f"What was asked in {run.folder} would be asked otherwise today: it differs in {', '.join(fields)}. "
            "Run it anew with `harness eval`."
        )
    return same[0]


def text(run: Run, found: Agreement) -> str:
    """For the terminal."""
    if found.share is None:
        return f"{run.name}: no call was asked both times."
    interval = "" if found.low is None or found.high is None else f" [{100 * found.low:.1f}, {100 * found.high:.1f}]"
    lines = [
        f"{run.name}: {found.problems} problems asked again, {found.calls} calls asked both times",
        f"  calls that differ     {found.differing} ({100 * found.share:.1f} %{interval}, 95 % over problems)",
        f"  calls asked once      {found.only_once} (a search that once answered otherwise goes another way)",
        f"  verdicts that differ  {found.verdicts_differing} of {found.problems} problems",
    ]
    examples = [
        f"  {each['problem_id']}: the same for {each['same_characters']} characters, "
        f"then {each['then']!r}, now {each['now']!r}"
        for each in found.examples
    ]
    return "\n".join([*lines, *examples])
