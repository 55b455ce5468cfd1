"""Grade the responses of a run again, without generating, and say which verdicts changed.

harness score runs/math500-sample-1a2b3c4d
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

from harness.commands.eval import add_judge

HELP = "grade a run again, without generating"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `harness score`."""
    parser.add_argument("run_folder", metavar="RUN", help="a run folder")
    parser.add_argument("--k", metavar="1,4,16", help="the k of pass@k and maj@k")
    parser.add_argument("--include-path", action="append", metavar="DIR", help="a folder of lm-eval task files")
    parser.add_argument("--json", action="store_true", help="machine output alone on standard output")
    add_judge(parser)


def run(arguments: argparse.Namespace) -> int:
    """Grade again with the task's scorer of today, and write the results."""
    import asyncio

    from harness.commands._setup import Models, judge_of, ks
    from harness.regrade import regrade
    from harness.run import Run
    from reports.tables import markdown
    from scorers.pool import GradingPool
    from tasks.loading import load_task

    opened = Run.open(Path(arguments.run_folder))
    folders = [Path(folder) for folder in arguments.include_path or ()]
    task = load_task(opened.manifest["identity"]["task"]["name"], include_path=folders)
    models = Models.judge(arguments)

    async def everything() -> list[dict[str, Any]]:
        judge = judge_of(arguments, models, task)
        try:
            return await regrade(opened, task, pool, ks=ks(arguments.k), judge=judge)
        finally:
            if models is not None:
                await models.close()

    with GradingPool(workers=os.cpu_count() or 1) as pool:
        changed = asyncio.run(everything())
    if arguments.json:
        print(json.dumps({"changed": changed, "results": Run.open(opened.folder).results()}, allow_nan=False))
        return 0
    for change in changed[:20]:
        print(
            f"{change['problem_id']} response {change['index']}: {change['was']} → {change['now']} ({change['reason']})"
        )
    print(f"{len(changed)} verdicts changed\n")
    print(markdown([Run.open(opened.folder)], by="level"))
    return 0
