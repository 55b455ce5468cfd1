"""From the options of `harness eval` to plans: both dialects, checked before anything heavy is loaded."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness import registry
from harness.backends._nobody import Nobody
from harness.core import Backend, NothingToDoError, Problem, Sampling, Task, UsageError, Verifier
from harness.evaluate import Plan
from harness.judge import Judge
from harness.replicas import Replicas, addresses
from harness.run import Run
from harness.verification import AGGREGATIONS
from tasks.loading import load_task
from tasks.selection import select

DEFAULT_TEMPERATURE = 0.8
"""For every strategy that samples (Beeching et al., 2024, use it for their searches); greedy decoding ignores it."""
DEFAULT_MAX_TOKENS = 2048
DEFAULT_STRATEGY = "greedy"
FOR_GIVEN = "first_error"
"""The default for a verifier and tasks that bring solutions to be judged."""
LM_EVAL_NAMES = {"max_gen_toks": "max_tokens", "max_new_tokens": "max_tokens", "until": "stop"}


def pairs(text: str | None) -> list[str]:
    """lm-eval's `a=1,b=2` as a list of `key=value`; a comma inside brackets or quotes belongs to the value."""
    result: list[str] = []
    depth = 0
    for part in (text or "").split(","):
        if result and (depth > 0 or "=" not in part):
            result[-1] += "," + part
        elif part.strip():
            result.append(part.strip())
        depth += sum(part.count(c) for c in "[{(") - sum(part.count(c) for c in "]})")
    return result


class Models:
    """The backend that an option names. It is built once and shared by all runs of a command; one that asks for the
    problems is built per task."""

    def __init__(self, spec: str | None, given: Sequence[str], *, option: str = "--model", letter: str = "-M") -> None:
        kind, _, name = (spec or "").partition("/")
        if not kind:
            raise UsageError(MISSING.replace("--model", option))
        self._class = registry.component("backend", kind)
        if not name and kind != "lm_eval":
            own = [pair for pair in given if pair.split("=")[0] in ("pretrained", "model")]
            name = own[-1].partition("=")[2] if own else ""
            given = [pair for pair in given if pair not in own]
        elif kind == "lm_eval" and given and not any(pair.startswith(("args=", "batch_size=")) for pair in given):
            given = ["args=" + ",".join(given)]
        if not name:
            raise UsageError(f"{option} {kind} lacks the model's name. Say {option} {kind}/NAME.")
        self.name = f"{kind}/{name}"
        self._name = name
        self.options = registry.options(self._class, given, flag=letter, owner=f"backend '{kind}'")
        self._shared: Backend | None = None

    @staticmethod
    def of(arguments: argparse.Namespace) -> Models:
        """The model under evaluation; none where what is asked for generates nothing."""
        given = [*pairs(arguments.model_args), *(arguments.M or [])]
        options = {"replicas": arguments.replicas, "address": arguments.ray_address}
        on_ray = [f"{key}={value}" for key, value in options.items() if value]
        if on_ray and not (arguments.model or "").startswith("ray/"):
            raise UsageError(
                "--replicas and --ray-address are for --model ray/NAME. "
                "Servers are several engines with -M base_url=URL,URL."
            )
        if not arguments.model and not given and arguments.verifier and not _generates(arguments.strategy):
            return Absent()
        return Models(arguments.model, [*given, *on_ray])

    @staticmethod
    def judge(arguments: argparse.Namespace, policy: Models | None = None) -> Models | None:
        """The model that judges, where one is asked for; the policy's own engine if it is the same model."""
        if not arguments.judge:
            if arguments.judge_all or arguments.J:
                raise UsageError("--judge-all and -J need a judge. Say --judge BACKEND/NAME.")
            return None
        models = Models(arguments.judge, arguments.J or [], option="--judge", letter="-J")
        same = policy is not None and (policy.name, policy.options) == (models.name, models.options)
        return policy if same else models

    def backend(self, task: Task) -> Backend:
        """The backend for a task."""
        if "problems" in registry.injected(self._class):
            built: Backend = self._class(self._name, task.problems, **self.options)
            return built
        if self._shared is None:
            self._shared = self._built()
        return self._shared

    def _built(self) -> Backend:
        """One backend; several addresses of servers are several engines of one model."""
        urls = addresses(str(self.options.get("base_url", "")))
        if len(urls) < 2:
            one: Backend = self._class(self._name, **self.options)
            return one
        each = [self._class(self._name, **{**self.options, "base_url": url}) for url in urls]
        return Replicas(each, [str(backend.environment["base_url"]) for backend in each])

    def read_ahead(self) -> None:
        """Have the weights read from disk while tasks and prompts are prepared and libraries imported."""
        if registry.constant("backend", self.name.partition("/")[0], "READS_WEIGHTS"):
            from harness.models import read_ahead

            read_ahead(self._name, revision=str(self.options.get("revision", "")))

    async def close(self) -> None:
        """Let the engine go."""
        if self._shared is not None:
            await self._shared.close()


class Absent(Models):
    """No model at all."""

    def __init__(self) -> None:
        self.name, self.options = "none", {}
        self._shared = None

    def read_ahead(self) -> None:
        """Nothing to read."""

    def backend(self, task: Task) -> Backend:
        """One that generates nothing."""
        return Nobody()


MISSING = "--model is missing. Say BACKEND/NAME: vllm/smollm2, hf/…, openai/…, toy/default."


def _generates(strategy: str | None) -> bool:
    """Whether one of the strategies asks the model under evaluation; the default for given solutions does not."""
    names = [name.strip() for name in (strategy or FOR_GIVEN).split(",") if name.strip()]
    return any("policy" in registry.injected(registry.component("strategy", name)) for name in names)


class Verifiers:
    """The verifier that `--verifier KIND/NAME` names, built once for all runs of a command."""

    def __init__(self, arguments: argparse.Namespace, policy: Models) -> None:
        self.name: str | None = arguments.verifier or None
        self.aggregation = "last"
        self._models: Models | None = None
        self._make: Callable[[Task], Verifier] | None = None
        self._built: dict[str, Verifier] = {}
        self._options: dict[str, Any] = {}
        given = list(arguments.V or [])
        if self.name is None:
            if given:
                raise UsageError("-V needs a verifier. Say --verifier KIND/NAME; `harness list verifiers` shows all.")
            return
        kind, _, model = self.name.partition("/")
        target = registry.component("verifier", kind)
        common = [pair for pair in given if _key(pair) == "aggregation"]
        if common:
            self.aggregation = common[-1].partition("=")[2].strip()
            if self.aggregation not in AGGREGATIONS:
                raise UsageError(registry.unknown("-V aggregation", self.aggregation, AGGREGATIONS))
        own = [pair for pair in given if pair not in common]
        asks = "backend" in registry.injected(target)
        others = [pair for pair in own if asks and _key(pair) not in registry.parameters(target)]
        own = [pair for pair in own if pair not in others]
        options = self._options = registry.options(target, own, flag="-V", owner=f"verifier '{kind}'")
        if asks:
            engine = self._models = _engine(model, policy, others, kind)
            self._make = lambda task: target(model, engine.backend(task), **options)
        else:
            shared = target(model, **options)
            self._make = lambda _: shared

    def built(self, task: Task) -> Verifier | None:
        """The verifier for a task; None where none is named."""
        if self._make is not None and task.name not in self._built:
            self._built[task.name] = self._make(task)
        return self._built.get(task.name)

    def read_ahead(self) -> None:
        """Have the weights of a reward model in this process read from disk, as those of the policy."""
        kind, _, model = (self.name or "").partition("/")
        served = self._options.get("base_url")
        if kind and not served and registry.constant("verifier", kind, "READS_WEIGHTS"):
            from harness.models import read_ahead

            read_ahead(model, revision=str(self._options["revision"]))

    def of(self, strategy: str, task: Task) -> Verifier | None:
        """The verifier, which some strategies cannot do without."""
        if self._make is None and "verifier" in registry.required(registry.component("strategy", strategy)):
            raise UsageError(
                f"The strategy '{strategy}' needs a verifier. "
                "Say --verifier KIND/NAME; `harness list verifiers` shows all."
            )
        return self.built(task)

    async def close(self) -> None:
        """Let the verifier's engine go."""
        for built in self._built.values():
            await built.close()
        if self._models is not None:
            await self._models.close()


def _engine(model: str, policy: Models, given: Sequence[str], kind: str) -> Models:
    """The engine of a verifier that generates: BACKEND/NAME, or a name for the policy's own backend, with the options
    `given` for it. The policy's own model without options is the policy's own engine."""
    backend, _, name = policy.name.partition("/")
    own = model.partition("/")[0] in registry.names("backend")
    if isinstance(policy, Absent) and not own:
        raise UsageError(MISSING)
    spec = model if own else f"{backend}/{model or name}"
    if spec == policy.name and not given:
        return policy
    known = registry.parameters(registry.component("backend", spec.partition("/")[0]))
    for pair in given:
        if _key(pair) not in known:
            every = [*known, *registry.parameters(registry.component("verifier", kind)), "aggregation"]
            raise UsageError(registry.unknown(f"Option of verifier '{kind}'", _key(pair), every))
    return Models(spec, given, option="--verifier", letter="-V")


def strategies(arguments: argparse.Namespace, default: str = DEFAULT_STRATEGY) -> list[tuple[str, dict[str, Any]]]:
    """The strategies with their parameters. `-S key=value` goes to every strategy that has the key."""
    named = default if arguments.strategy is None else arguments.strategy
    chosen = [name.strip() for name in named.split(",") if name.strip()]
    if not chosen:
        raise UsageError("--strategy is empty. `harness list strategies` describes them.")
    targets = {name: registry.component("strategy", name) for name in chosen}
    given = arguments.S or []
    result = []
    for name, target in targets.items():
        others = {key for other in targets.values() if other is not target for key in registry.parameters(other)}
        own = [pair for pair in given if _key(pair) in registry.parameters(target) or _key(pair) not in others]
        result.append((name, registry.options(target, own, flag="-S", owner=f"strategy '{name}'")))
    return result


def _key(pair: str) -> str:
    return pair.partition("=")[0].strip().replace("-", "_")


def task_names(arguments: argparse.Namespace) -> list[str]:
    """The tasks named by position or by `--tasks a,b`."""
    found = [name for text in [*arguments.task, *(arguments.tasks or [])] for name in text.split(",") if name]
    if not found:
        raise UsageError("No task is named. Say `harness eval math500 …`; `harness list tasks` shows all.")
    return list(dict.fromkeys(found))


def sampling(arguments: argparse.Namespace, task: Task) -> Sampling:
    """Sampling parameters: the command's, else the task's, else ours."""
    extra = {}
    for pair in pairs(arguments.gen_kwargs):
        key, _, value = pair.partition("=")
        extra[LM_EVAL_NAMES.get(key, key)] = value
    unknown = set(extra) - {"temperature", "top_p", "max_tokens", "stop", "do_sample", "seed"}
    if unknown:
        raise UsageError(
            f"--gen_kwargs does not know '{min(unknown)}'. It takes temperature, top_p, max_gen_toks, until."
        )
    greedy = extra.get("do_sample", "").lower() == "false"
    temperature = arguments.temperature if arguments.temperature is not None else extra.get("temperature")
    top_p = arguments.top_p if arguments.top_p is not None else extra.get("top_p", task.top_p or 1.0)
    limit = arguments.max_tokens or extra.get("max_tokens") or task.max_tokens or DEFAULT_MAX_TOKENS
    try:
        chosen = Sampling(
            temperature=0.0 if greedy else float(DEFAULT_TEMPERATURE if temperature is None else temperature),
            top_p=float(top_p),
            max_tokens=int(limit),
            stop=(extra["stop"],) if "stop" in extra else task.stop,
            seed=int(extra.get("seed", arguments.seed)),
        )
    except ValueError as error:
        raise UsageError(f"--gen_kwargs holds a value that is no number: {error}.") from None
    if chosen.temperature < 0 or not 0 < chosen.top_p <= 1 or chosen.max_tokens < 1:
        raise UsageError("--temperature must not be negative, --top-p lies in (0, 1], --max-tokens is at least 1.")
    return chosen


def ks(text: str | None) -> tuple[int, ...] | None:
    """`--k 1,4,16` as numbers."""
    if text is None:
        return None
    try:
        values = tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        raise UsageError(f"--k takes whole numbers such as 1,4,16, not '{text}'.") from None
    if not values or values[0] < 1:
        raise UsageError(f"--k takes numbers from 1 on, not '{text}'.")
    return values


def judge_of(arguments: argparse.Namespace, models: Models | None, task: Task) -> Judge | None:
    """The judge for a task."""
    if models is None:
        return None
    return Judge(models.backend(task), models.name, everything=arguments.judge_all)


def _check_fit(strategy: str, task: Task, models: Models) -> None:
    """Refuse a strategy that lacks what it asks for."""
    wanted = registry.injected(registry.component("strategy", strategy))
    if "policy" in wanted and isinstance(models, Absent):
        raise UsageError(MISSING)
    if "given" in wanted and not all(problem.given for problem in task.problems):
        raise UsageError(
            f"The strategy '{strategy}' judges solutions that a task brings, and '{task.name}' brings none. "
            "Take the task processbench, or another strategy."
        )


def unsolved(task: Task, folders: Sequence[str]) -> Sequence[Problem]:
    """The problems of a task; with run folders, those that were asked there and have no correct response in any of
    them. Raises UsageError where a run is not of this task, NothingToDoError where all are solved."""
    if not folders:
        return task.problems
    asked, solved = set[str](), set[str]()
    for run in (Run.open(Path(folder)) for folder in folders):
        if run.manifest["identity"]["task"]["digest"] != task.digest:
            raise UsageError(f"--unsolved {run.folder} is not a run of the task '{task.name}' as it is asked now.")
        lines = [line for line in run.lines("problems.jsonl") if line["status"] == "ok"]
        asked |= {line["problem_id"] for line in lines}
        solved |= {line["problem_id"] for line in lines if line["c"]}
    kept = [problem for problem in task.problems if problem.id in asked - solved]
    if not kept:
        raise NothingToDoError(f"The runs of --unsolved solve all of their {len(asked)} problems.")
    return kept


def plans(arguments: argparse.Namespace, models: Models, judges: Models | None, verifiers: Verifiers) -> Iterator[Plan]:
    """Every task with every strategy, in the order of the command."""
    wanted_ks = ks(arguments.k)
    folders: Sequence[Path] = [Path(folder) for folder in arguments.include_path or ()]
    tasks = []
    for name in task_names(arguments):
        task = load_task(name, include_path=folders, num_fewshot=arguments.num_fewshot)
        open_ones = unsolved(task, arguments.unsolved or ())
        problems = select(open_ones, limit=arguments.limit, levels=arguments.level)
        tasks.append(replace(task, problems=problems))
        if arguments.shard and arguments.shard[0] > len(problems):
            raise NothingToDoError(f"Part {arguments.shard[0]} of {len(problems)} problems of {name} is empty.")
    judged = arguments.verifier and all(problem.given for task in tasks for problem in task.problems)
    chosen = strategies(arguments, FOR_GIVEN if judged else DEFAULT_STRATEGY)
    for task in tasks:
        backend = models.backend(task)
        for name, parameters in chosen:
            _check_fit(name, task, models)
            asked = sampling(arguments, task)
            own = registry.constant("strategy", name, "TEMPERATURE")
            yield Plan(
                task=task,
                backend=backend,
                model=models.name,
                strategy=name,
                parameters=parameters,
                sampling=asked if own is None else replace(asked, temperature=own),
                delimiter=arguments.step_delimiter.encode().decode("unicode_escape"),
                chat_template=not arguments.no_chat_template,
                ks=wanted_ks,
                concurrency=arguments.concurrency,
                max_errors=arguments.max_errors,
                judge=judge_of(arguments, judges, task),
                verifier=verifiers.of(name, task),
                verifier_name=verifiers.name,
                aggregation=verifiers.aggregation,
                budget=arguments.budget,
                shard=arguments.shard,
            )


def recorded(run: Run) -> argparse.Namespace | None:
    """The options of the `harness eval` that made a run; None where another command did."""
    from harness.cli import parser
    from harness.commands._config import with_config

    argv = list(run.manifest["command"][1:])
    if argv[:1] != ["eval"]:
        return None
    known, _ = parser()[1]["eval"].parse_known_args(argv[1:])
    known.argv, known.command = argv, "eval"
    return with_config(known)
